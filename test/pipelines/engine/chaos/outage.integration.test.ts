import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { storm } from './storm.ts'

test('a broker that is away for longer than sessions and transactions last is waited for: no process ends', async (t) => {
  const seed = randomInt(1, 2 ** 31)
  t.diagnostic(`\`npm run chaos -- engine 0 ${seed} 60\` takes it away for a minute`)
  const report = await storm({ kills: 0, seed, outageMs: 12_000, progress: (line) => t.diagnostic(line) })
  assert.deepEqual([report.crashes, report.missing, report.superfluous], [[], [], []])
})
