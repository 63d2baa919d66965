import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { describeStorm, storm } from './storm.ts'

test('at-least-once, processes killed and replaced, a broker that dies: no row is lost', async (t) => {
  const seed = randomInt(1, 2 ** 31)
  t.diagnostic(`seed ${seed}: \`npm run chaos -- engine at-least-once 3 ${seed}\` strikes the same blows`)
  const progress = (line: string) => t.diagnostic(line)
  const report = await storm({ kills: 3, seed, guarantee: 'at-least-once', progress })
  t.diagnostic(describeStorm(report, seed))
  assert.deepEqual(report.missing, [], describeStorm(report, seed))
})
