import { randomInt } from 'node:crypto'
import { differencesOf } from '../contracts/compare.ts'
import { storm } from '../sinks/chaos/storm.ts'

/** Sends plays and lists through sinks in a storm of kills. Answers whether all stores hold what the topics say, row by row. */
export async function killSinks(words: string[], say: (line: string) => void): Promise<boolean> {
  const [kills = 50, seed = randomInt(1, 2 ** 31)] = words.map(Number)
  say(`seed ${seed}`)
  const began = performance.now()
  const at = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`
  const report = await storm({ kills, seed, progress: (line) => say(`${at()}: ${line}`) })
  for (const each of report.comparisons) {
    say(`${each.what}: ${each.wanted} wanted, ${each.found} found, ${differencesOf(each)} differences`)
    each.first.forEach(say)
  }
  report.crashes.forEach(say)
  const differences = report.comparisons.reduce((sum, each) => sum + differencesOf(each), 0)
  say(
    `${differences} differences after ${at()}, ${report.blows} blows, ${kills} of them kills; ` +
      `${report.crashes.length} processes ended by themselves; seed ${seed}`,
  )
  return differences === 0
}
