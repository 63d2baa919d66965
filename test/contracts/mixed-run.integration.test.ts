import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differencesOf } from './compare.ts'
import { linesOf } from './report.ts'
import { mixedRun } from './mixed-run.ts'

test('of plays of three versions with garbage among them, everything becomes what it is to become, whoever is killed', async (t) => {
  const run = await mixedRun({
    plays: 20_000,
    seed: 1,
    victims: ['sinks', 'listening-totals', 'anonymise'],
    progress: (line) => t.diagnostic(line),
  })
  const all = [...run.before, ...run.after]
  assert.equal(
    all.reduce((sum, each) => sum + differencesOf(each), 0),
    0,
    linesOf(run).join('\n'),
  )
  const smallest = Math.min(
    ...all.filter(({ what }) => what !== 'letters given back').map(({ wanted }) => wanted),
  )
  assert.ok(smallest > 5)
})
