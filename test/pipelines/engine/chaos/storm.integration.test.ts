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

test('a broker that is away for longer than sessions and transactions last is waited for: no process ends', async (t) => {
  const seed = randomInt(1, 2 ** 31)
  t.diagnostic(`\`npm run chaos -- engine 0 ${seed} 60\` takes it away for a minute`)
  const report = await storm({ kills: 0, seed, outageMs: 12_000, progress: (line) => t.diagnostic(line) })
  assert.deepEqual([report.crashes, report.missing, report.superfluous], [[], [], []])
})

test('at-least-once, processes killed and replaced, a broker that dies: no row is lost', async (t) => {
  const seed = randomInt(1, 2 ** 31)
  t.diagnostic(`seed ${seed}: \`npm run chaos -- engine at-least-once 3 ${seed}\` strikes the same blows`)
  const progress = (line: string) => t.diagnostic(line)
  const report = await storm({ kills: 3, seed, guarantee: 'at-least-once', progress })
  t.diagnostic(describeStorm(report, seed))
  assert.deepEqual(report.missing, [], describeStorm(report, seed))
})
