import { randomInt } from 'node:crypto'
import { describeStorm, storm } from '../pipelines/engine/chaos/storm.ts'

/** Runs a topology through a storm of kills. Answers whether each row was written once. */
export async function killEngine(words: string[], say: (line: string) => void): Promise<boolean> {
  const [kills = 100, seed = randomInt(1, 2 ** 31)] = words.map(Number)
  say(`seed ${seed}`)
  const began = performance.now()
  const at = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`
  const report = await storm({ kills, seed, progress: (line) => say(`${at()}: ${line}`) })
  say(describeStorm(report, seed))
  const holds = report.missing.length === 0 && report.superfluous.length === 0
  say(holds ? `Each row is written once after ${kills} kills.` : 'Rows are missing, or too many.')
  return holds
}
