import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Redis } from 'ioredis'
import { logReader } from '../../../../gateway/live/channels/log-reader.ts'
import { until } from '../../../kit/until.ts'

test('of a thousand who read logs most wait, so that Redis has time for all else, and all are answered', async () => {
  const answers: (() => void)[] = []
  const redis = {
    defineCommand: () => undefined,
    readLog: () =>
      new Promise((resolve) => answers.push(() => resolve([['first', '7'], [['7-0', ['data', '1']]]]))),
  }
  const limits = { maxPublications: 10, maxBytes: 1_000 }
  const read = logReader(redis as unknown as Redis, '', limits)
  let answered = 0
  const reads = Array.from({ length: 1_000 }, () => read('top-artists', {}).then(() => answered++))
  await until(() => answers.length > 0, { what: 'a read' })
  const atOnce = answers.length
  assert.ok(atOnce < 100, `${atOnce} at once`)
  while (answered < reads.length) {
    assert.ok(answers.length <= atOnce)
    answers.splice(0).forEach((answer) => answer())
    await new Promise(setImmediate)
  }
})
