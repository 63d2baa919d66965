import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster, type Redis } from 'ioredis'
import { logReader } from '../../../../gateway/live/channels/log-reader.ts'
import { channelKeys } from '../../../../schemas/channels.ts'
import { slotOf } from '../../../../schemas/redis-servers.ts'
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

test('a server of a cluster that hangs holds up no reads of another', async () => {
  const answer = [['first', '7'], [['7-0', ['data', '1']]]]
  const redis = Object.assign(Object.create(Cluster.prototype) as Cluster, {
    slots: Object.fromEntries(Array.from({ length: 16_384 }, (_, slot) => [slot, ['answers:1']])),
    defineCommand: () => undefined,
    readLog: (meta: string) =>
      meta.includes('hangs') ? new Promise(() => undefined) : Promise.resolve(answer),
  })
  redis.slots[slotOf(channelKeys('', 'hangs').meta)] = ['hangs:1']
  const read = logReader(redis, '', { maxPublications: 10, maxBytes: 1_000 })
  for (let client = 0; client < 1_000; client++) void read('hangs', {})
  assert.equal((await read('top-artists', {})).offset, 7)
})
