import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { describeStorm, storm } from './storm.ts'

test('processes killed, frozen and replaced, a broker that dies: each row is written once', async (t) => {
  const seed = randomInt(1, 2 ** 31)
  t.diagnostic(`seed ${seed}: \`npm run chaos -- engine 5 ${seed}\` strikes the same blows`)
  const report = await storm({ kills: 5, seed, progress: (line) => t.diagnostic(line) })
  t.diagnostic(describeStorm(report, seed))
  assert.deepEqual([report.missing, report.superfluous], [[], []], describeStorm(report, seed))
})
