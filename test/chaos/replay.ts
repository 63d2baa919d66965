import { isDeepStrictEqual } from 'node:util'
import { startServices } from '../kit/services.ts'
import { replay } from '../pipelines/engine/repartition/replay/replay.ts'

const KILLS = 3

/** Replays plays through a repartition with kills, run after run, and compares what is late, and each minute, with a loop over the partitions. */
export async function replayUnevenly(words: string[], say: (line: string) => void): Promise<boolean> {
  const [plays = 2_000_000, runs = 10] = words.map(Number)
  const services = await startServices({ progress: say })
  Object.assign(process.env, services.env)
  try {
    return await replayOften(plays, runs, say)
  } finally {
    await services.stop()
  }
}

async function replayOften(plays: number, runs: number, say: (line: string) => void): Promise<boolean> {
  let holds = true
  for (let seed = 1; seed <= runs; seed++) {
    const { wanted, found, doubled } = await replay({ plays, kills: KILLS, seed, progress: say })
    const equal = isDeepStrictEqual(found, wanted) && doubled === 0
    say(
      `run ${seed}: ${wanted.late.size} late at their source, ${found.late.size} late behind the repartition; ` +
        `${wanted.minutes.size} minutes, ${found.minutes.size} found, ${doubled} doubled: ${equal ? 'the same' : 'NOT the same'}`,
    )
    holds &&= equal
  }
  return holds
}
