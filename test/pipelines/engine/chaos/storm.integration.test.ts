import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { describeStorm, storm } from './storm.ts'

for (const stateStore of ['memory', 'disk'] as const)
  test(`processes killed, frozen and replaced, a broker that dies, state in ${stateStore}: each row is written once`, async (t) => {
    const seed = randomInt(1, 2 ** 31)
    t.diagnostic(`seed ${seed}: \`npm run chaos -- engine ${stateStore} 5 ${seed}\` strikes the same blows`)
    const report = await storm({ kills: 5, seed, stateStore, progress: (line) => t.diagnostic(line) })
    t.diagnostic(describeStorm(report, seed))
    assert.deepEqual([report.missing, report.superfluous], [[], []], describeStorm(report, seed))
  })
