import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { redisRoom } from './room.ts'
import { oneRow } from './totals-model.ts'

let room: Awaited<ReturnType<typeof redisRoom>>
before(async () => (room = await redisRoom()))
after(() => room.close())

const epoch = () => room.redis.hget(room.keys.meta, 'epoch')
const told = async () => (await room.log()).map(({ data }) => data.top[0]?.plays)

test('one version feeds the channel: the old one until the switch, the new one with all of its totals in a new epoch from then on', async () => {
  const [old, next] = [await room.store(), await room.store({ version: 2 })]
  for (const store of [old, next]) await store.begin(`topic`, new Map([[0, 0n]]))
  const before = await epoch()
  assert.equal(await old.apply('topic', oneRow(0, 1)), 'published')
  assert.equal(await next.apply('topic', oneRow(0, 10)), 'unchanged')
  assert.deepEqual(await told(), [1])

  await next.serve()
  const since = await epoch()
  assert.notEqual(since, before)
  assert.equal(await old.apply('topic', oneRow(1, 2)), 'unchanged')
  assert.equal(await next.apply('topic', oneRow(1, 20)), 'published')
  assert.deepEqual(await told(), [20])

  // Who hears of a switch later than others, or of an earlier one, changes nothing.
  await next.serve()
  await old.serve()
  assert.equal(await epoch(), since)
  assert.equal(await next.apply('topic', oneRow(2, 30)), 'published')
  assert.deepEqual(await told(), [20, 30])
})
