import { isDeepStrictEqual } from 'node:util'
import { replayUnevenly } from './replay.ts'
import { expected, killUnderLoad } from '../kit/chaos.ts'
import { type Victim, startSystem } from '../kit/system.ts'

/**
 * `npm run chaos [ROUNDS] [RATE]`: kills each process in turn, again and again, and accounts for every play.
 * `npm run chaos -- replay [PLAYS] [RUNS]`: replays plays from partitions that drain unevenly, with kills, and accounts for every late one.
 */
const words = process.argv.slice(2)
const say = (line: string) => {
  console.log(line)
}

async function killProduct(): Promise<boolean> {
  const [rounds = 5, rate = 200] = words.map(Number)
  const each: Victim[] = ['run', 'sinks', 'gateway', 'kafka', 'redis', 'clickhouse']
  const system = await startSystem({ progress: say })
  const victims = Array.from({ length: rounds }, () => each).flat()
  const { sent, found } = await killUnderLoad(system, { victims, rate, progress: say }).finally(() =>
    system.stop(),
  )
  const wanted = expected(sent, found)
  console.table({ expected: wanted, found })
  const holds = isDeepStrictEqual(found, wanted)
  say(holds ? `Every play is accounted for after ${victims.length} kills.` : 'The account does not balance.')
  return holds
}

const holds = words[0] === 'replay' ? await replayUnevenly(words.slice(1), say) : await killProduct()
process.exitCode = holds ? 0 : 1
