import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import pino from 'pino'
import { redisChannelLog } from '../../../../gateway/live/channels/channel-log.ts'
import { redisHistory } from '../../../../gateway/live/channels/history.ts'
import { redisPublisher, type Publish } from '../../../../gateway/live/channels/publish.ts'
import type { HistoryQuery } from '../../../../gateway/live/protocol/commands.ts'
import { redisConnection } from '../../../../gateway/live/redis.ts'
import { channelKeys } from '../../../../schemas/channels.ts'
import { services } from '../../../kit/services.ts'
import { channelTokenOf, testGateway } from '../../kit/gateway.ts'
import { inBoth, listen, range, sdkClient } from '../../kit/sdk-client.ts'

const keyPrefix = `test-${randomUUID()}:`
const MOST = 6
let redis: Redis
let publish: Publish

before(async () => {
  redis = redisConnection((await services()).redisUrl, pino({ level: 'silent' }))
  await redis.connect()
  publish = redisPublisher(redis, keyPrefix)
})
after(() => {
  redis.disconnect()
})

/** What should be answered of a stream of offsets 1 to `top`, of which the last `kept` are there. */
function expected(top: number, kept: number, { limit, since, reverse }: HistoryQuery): number[] | undefined {
  const there = range(Math.max(1, top - kept + 1), top)
  const wanted =
    since === undefined
      ? there
      : there.filter((each) => (reverse ? each < since.offset : each > since.offset))
  const ordered = reverse ? wanted.toReversed() : wanted
  if (since !== undefined) {
    const next = reverse ? Math.min(since.offset - 1, top) : since.offset + 1
    const hasNext = reverse ? next >= 1 : next <= top
    if (!reverse && since.offset > top) return undefined
    if (hasNext && ordered[0] !== next) return undefined
  }
  return ordered.slice(0, limit < 0 ? MOST : Math.min(limit, MOST))
}

test('a page of history is what a list of all that is kept says, or is refused', async () => {
  const history = redisHistory(redis, keyPrefix, { maxPublications: MOST, maxBytes: 10_000 })
  const query = fc.record({
    limit: fc.integer({ min: -1, max: 9 }),
    since: fc.option(fc.nat(12), { nil: undefined }),
    reverse: fc.boolean(),
  })
  const run = async (
    top: number,
    kept: number,
    queries: { limit: number; since: number | undefined; reverse: boolean }[],
  ) => {
    const place = randomUUID()
    let epoch = ''
    for (const n of range(1, top))
      ({ epoch } = await publish(place, n, { history: { size: kept, seconds: 0 } }))
    for (const { since, ...rest } of queries) {
      const asked = { ...rest, since: since === undefined ? undefined : { epoch, offset: since } }
      const page = await history(place, asked)
      assert.deepEqual(
        page?.publications.map(({ data }) => data),
        expected(top, kept, asked),
      )
      if (page) assert.deepEqual([page.epoch, page.offset], [epoch, top])
    }
  }
  await fc.assert(
    fc.asyncProperty(
      fc.nat(10),
      fc.integer({ min: 1, max: 8 }),
      fc.array(query, { minLength: 1, maxLength: 12 }),
      run,
    ),
    { numRuns: 60 },
  )
})

test('a position of another life of the stream, and messages that have gone by their age, are no history', async () => {
  const history = redisHistory(redis, keyPrefix, { maxPublications: MOST, maxBytes: 10_000 })
  const place = randomUUID()
  const { epoch } = await publish(place, 1, { history: { size: 5, seconds: 60 } })
  const after_ = (since: { epoch: string; offset: number }) =>
    history(place, { limit: -1, since, reverse: false })
  assert.equal(await after_({ epoch: 'another', offset: 0 }), undefined)
  await redis.del(channelKeys(keyPrefix, place).log)
  assert.equal(await after_({ epoch, offset: 0 }), undefined)
  assert.deepEqual(await after_({ epoch, offset: 1 }), { epoch, offset: 1, publications: [] })
})

test('a page has no more bytes than a socket may have waiting, but for the first message', async () => {
  const place = randomUUID()
  for (const n of range(1, 4)) await publish(place, `${n}`.repeat(100), { history: { size: 5, seconds: 0 } })
  const offsetsWithin = async (maxBytes: number) => {
    const history = redisHistory(redis, keyPrefix, { maxPublications: MOST, maxBytes })
    const page = await history(place, { limit: -1, since: undefined, reverse: false })
    return page?.publications.map(({ offset }) => offset)
  }
  assert.deepEqual(await offsetsWithin(250), [1, 2])
  assert.deepEqual(await offsetsWithin(50), [1])
})

test('more messages than are read in one step come in their order, either way, and nothing beyond the limits leaves Redis', async () => {
  const place = randomUUID()
  for (const n of range(1, 40)) await publish(place, n, { history: { size: 40, seconds: 0 } })
  const all = redisHistory(redis, keyPrefix, { maxPublications: 37, maxBytes: 10_000 })
  for (const reverse of [false, true]) {
    const page = await all(place, { limit: -1, since: undefined, reverse })
    assert.deepEqual(
      page?.publications.map(({ data }) => data),
      (reverse ? range(1, 40).toReversed() : range(1, 40)).slice(0, 37),
    )
  }

  const large = randomUUID()
  for (const _ of range(1, 40))
    await publish(large, 'x'.repeat(10_000), { history: { size: 40, seconds: 0 } })
  const limits = { maxPublications: 1_000, maxBytes: 25_000 }
  const before = redis.stream.bytesRead
  await redisHistory(redis, keyPrefix, limits)(large, { limit: -1, since: undefined, reverse: true })
  await redisChannelLog(redis, keyPrefix, limits).readAfter(large, 0)
  const read = redis.stream.bytesRead - before
  assert.ok(read < 2 * limits.maxBytes, `${read} bytes`)
})

inBoth('the kept client publishes where it may, and reads history with who published', async (t, spoken) => {
  const gateway = await testGateway(t, await services())
  const channel = 'room:lobby'
  const sdk = sdkClient(t, gateway.url, {}, spoken)
  const heard = listen(sdk, channel, { getToken: () => channelTokenOf(channel) })
  sdk.client.connect()
  const room = sdk.client.getSubscription(channel)!
  await room.ready()
  const data = (value: unknown) => (spoken === 'json' ? value : Buffer.from(JSON.stringify(value)))
  for (const n of range(1, 5)) {
    await room.publish(data({ n }))
    await room.ready()
  }
  const { publications, offset } = await room.history({ limit: 2, reverse: true })
  assert.equal(offset, 5)
  assert.deepEqual(
    publications.map((each) => [each.offset, sdk.dataOf(each.data)]),
    [
      [5, { n: 5 }],
      [4, { n: 4 }],
    ],
  )
  const [{ info }] = publications as [(typeof publications)[number]]
  assert.match(info!.client, /^[0-9a-f-]{36}$/)
  assert.notEqual(info!.user, 'listener-1')
  assert.equal((await room.history({ limit: 0 })).publications.length, 0)
  assert.equal((await room.history({ limit: 10 })).publications.length, 5)
  await assert.rejects(room.history({ limit: 1, since: { epoch: 'another', offset: 1 } }), { code: 112 })
  assert.deepEqual(heard.offsets, range(1, 5))
})
