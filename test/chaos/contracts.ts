import { randomInt } from 'node:crypto'
import { differencesOf } from '../contracts/compare.ts'
import { mixedRun } from '../contracts/mixed-run.ts'
import { linesOf } from '../contracts/report.ts'
import type { Victim } from '../contracts/roles.ts'
import { startServices } from '../kit/services.ts'

const victims: readonly Victim[] = [
  ...(['anonymise', 'listening-totals', 'sinks'] as const),
  ...(['listening-totals', 'anonymise', 'sinks'] as const),
]

/** Sends plays of three versions of their schema with garbage among them, with kills, replays what can be mended, and compares every row with a loop. */
export async function keepContracts(words: string[], say: (line: string) => void): Promise<boolean> {
  const [plays = 1_000_000, seed = randomInt(1, 2 ** 31)] = words.map(Number)
  const began = performance.now()
  const at = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`
  const progress = (line: string) => say(`${at()}: ${line}`)
  const services = await startServices({ progress })
  Object.assign(process.env, services.env)
  try {
    const run = await mixedRun({ plays, seed, victims, progress })
    linesOf(run).forEach(say)
    const differences = [...run.before, ...run.after].reduce((sum, each) => sum + differencesOf(each), 0)
    say(`${differences} differences after ${at()}, seed ${seed}`)
    return differences === 0
  } finally {
    await services.stop()
  }
}
