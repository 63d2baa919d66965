import { randomInt } from 'node:crypto'
import { describeStorm, storm } from '../pipelines/engine/chaos/storm.ts'

/** Runs a topology through a storm of kills. Answers whether each row was written once, or at least once if that is asked for. */
export async function killEngine(words: string[], say: (line: string) => void): Promise<boolean> {
  const guarantee = words.includes('at-least-once') ? 'at-least-once' : 'exactly-once'
  const stateStore = words.includes('disk') ? 'disk' : 'memory'
  const figures = words.filter((word) => !Number.isNaN(Number(word))).map(Number)
  const [kills = 100, seed = randomInt(1, 2 ** 31), outage = 0] = figures
  say(`seed ${seed}`)
  const began = performance.now()
  const at = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`
  const report = await storm({
    kills,
    seed,
    outageMs: outage * 1_000,
    guarantee,
    stateStore,
    progress: (line) => say(`${at()}: ${line}`),
  })
  say(describeStorm(report, seed))
  const once = guarantee === 'exactly-once'
  const holds = report.missing.length === 0 && (!once || report.superfluous.length === 0)
  say(
    holds
      ? `Each row is written ${once ? 'once' : 'at least once'} after ${kills} kills.`
      : 'Rows are missing, or too many.',
  )
  return holds
}
