import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import type { OffsetToCommit } from '../../../pipelines/engine/kafka/offsets.ts'
import { PositionReport } from '../../../sinks/redis/position-report.ts'

const log = pino({ level: 'silent' })

test('a second of positions is one commit, of the newest', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const commits: OffsetToCommit[][] = []
  const report = new PositionReport('t', log, async (offsets) => void commits.push(offsets))
  report.moved(0, 1n)
  report.moved(1, 5n)
  report.moved(0, 2n)
  report.drop(1)
  t.mock.timers.tick(1_000)
  assert.deepEqual(commits, [[{ topic: 't', partition: 0, offset: 2n }]])
  await report.finish()
  assert.equal(commits.length, 1)
})

test('a commit that fails harms nothing, and the last position is told at the end', async () => {
  let attempts = 0
  const report = new PositionReport('t', log, () => {
    attempts++
    return Promise.reject(new Error('not a member'))
  })
  report.moved(0, 1n)
  await report.finish()
  assert.equal(attempts, 1)
})
