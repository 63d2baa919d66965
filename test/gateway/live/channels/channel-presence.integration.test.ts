import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import pino from 'pino'
import { ChannelPresence, MOST_PRESENT } from '../../../../gateway/live/channels/channel-presence.ts'
import { LeasedMembers } from '../../../../gateway/live/leased-members.ts'
import { onScreen } from '../../../../gateway/live/listeners/on-screen.ts'
import { presenceInRedis } from '../../../../gateway/push/presence.ts'
import { channelOf, membersKey, ownChannels } from '../../../../schemas/channels.ts'
import { isAnybodyPresent } from '../../../../sinks/redis/forget-listeners.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { channelTokenOf, testGateway, tokenOf } from '../../kit/gateway.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { inBoth, sdkClient } from '../../kit/sdk-client.ts'

const channel = 'room:lobby'
const pseudonymOf = pseudonyms([randomBytes(32)]).listener

inBoth('who is in a room is seen at all gateways, and who comes and goes', async (t, spoken) => {
  const { redisUrl } = await services()
  const one = await testGateway(t, { redisUrl, pseudonymOf })
  const other = await testGateway(t, { redisUrl, pseudonymOf, keyPrefix: one.keyPrefix })
  const enter = (url: string, user: string) => {
    const sdk = sdkClient(t, url, { getToken: () => tokenOf(user) }, spoken)
    const getToken = () => channelTokenOf(channel, user)
    const room = sdk.client.newSubscription(channel, { getToken, joinLeave: true })
    const seen: string[] = []
    const names = new Map(['ada', 'bob'].map((name) => [pseudonymOf(name), name]))
    room.on('join', ({ info }) => seen.push(`${names.get(info.user)} joins`))
    room.on('leave', ({ info }) => seen.push(`${names.get(info.user)} leaves`))
    room.subscribe()
    sdk.client.connect()
    return { sdk, room, seen }
  }
  const ada = enter(one.url, 'ada')
  await ada.room.ready()
  const bob = enter(other.url, 'bob')
  await bob.room.ready()
  await until(() => ada.seen.includes('bob joins'), { what: 'ada to see bob come' })
  const { clients } = await until(
    async () => {
      const present = await ada.room.presence()
      return Object.keys(present.clients).length === 2 && present
    },
    { what: 'both to be present' },
  )
  assert.deepEqual(
    Object.values(clients)
      .map(({ user }) => user)
      .toSorted(),
    [pseudonymOf('ada'), pseudonymOf('bob')].toSorted(),
  )
  for (const [id, { client }] of Object.entries(clients)) assert.equal(id, client)
  const second = enter(one.url, 'bob')
  await second.room.ready()
  await until(
    async () => {
      const { numClients, numUsers } = await bob.room.presenceStats()
      return numClients === 3 && numUsers === 2
    },
    { what: 'three clients of two listeners' },
  )
  bob.sdk.client.disconnect()
  second.sdk.client.disconnect()
  await until(() => ada.seen.filter((each) => each === 'bob leaves').length === 2, { what: 'bob to leave' })
  assert.deepEqual(await ada.room.presenceStats(), { numClients: 1, numUsers: 1 })
})

test('who has not asked for it is not told who comes and goes', async (t) => {
  const gateway = await testGateway(t, await services())
  const token = await channelTokenOf(channel)
  const [quiet, asking] = [await rawClient(t, gateway.url), await rawClient(t, gateway.url)]
  for (const [raw, join_leave] of [
    [quiet, false],
    [asking, true],
  ] as const) {
    await raw.connect()
    raw.send({ id: 2, subscribe: { channel, token, join_leave } })
    await raw.reply(2)
  }
  asking.send({ id: 3, publish: { channel, data: 'later' } })
  await until(() => quiet.frames.find(({ push }) => push?.pub), { what: 'what came after the join' })
  assert.ok(asking.frames.some(({ push }) => push && 'join' in push))
  assert.ok(!quiet.frames.some(({ push }) => push && 'join' in push))
})

test('who was at a gateway that was killed is there no more after a while, and too many are counted only', async (t) => {
  const { redisUrl } = await services()
  const redis = new Redis(redisUrl)
  t.after(() => redis.disconnect())
  const keyPrefix = `test-${randomUUID()}:`
  const ofAGateway = () => {
    const members = new LeasedMembers({ redis, lifeMs: 1_000, log: pino({ level: 'silent' }) })
    return { members, presence: new ChannelPresence({ redis, keyPrefix, members }) }
  }
  const { presence: killed } = ofAGateway()
  const { presence: living, members } = ofAGateway()
  members.start()
  t.after(() => members.stop())
  await redis.ping()
  killed.enter('c', { client: 'k', user: 'u' })
  living.enter('c', { client: 'l', user: 'u' })
  await until(async () => (await living.stats('c')).num_clients === 2, { what: 'both', every: 1 })
  await until(async () => (await living.stats('c')).num_clients === 1, { what: 'the living alone' })
  assert.deepEqual(await living.clients('c'), { l: { client: 'l', user: 'u' } })

  await redis.zadd(membersKey(keyPrefix, 'c'), Date.now() - 1, 'gone u')
  assert.deepEqual(await living.clients('c'), { l: { client: 'l', user: 'u' } })

  await redis.zadd(membersKey(keyPrefix, 'c'), Date.now() + 3_600_000, 'from-before-the-clock-was-set-back u')
  await until(async () => (await living.stats('c')).num_clients === 1, { what: 'the living alone again' })

  const crowd = Array.from({ length: MOST_PRESENT + 9 }, (_, n) => [Date.now() + 60_000, `c${n} u${n % 7}`])
  await redis.zadd(membersKey(keyPrefix, 'c'), ...crowd.flat())
  assert.equal(await living.clients('c'), undefined)
  assert.deepEqual(await living.stats('c'), { num_clients: MOST_PRESENT + 10, num_users: 8 })
})

test('who is there does not hang on the clocks of gateways, nor on that of the push stage', async (t) => {
  const { redisUrl } = await services()
  const redis = new Redis(redisUrl)
  const keyPrefix = `test-${randomUUID()}:`
  const log = pino({ level: 'silent' })
  const push = presenceInRedis(redisUrl, keyPrefix, log)
  t.after(() => {
    redis.disconnect()
    push.close()
  })
  await redis.ping()
  const members = new LeasedMembers({ redis, lifeMs: 60_000, log })
  const channels = new ChannelPresence({ redis, keyPrefix, members })
  const screens = onScreen(keyPrefix, members)
  const realNow = Date.now
  for (const [name, byHours] of [
    ['behind', -1],
    ['ahead', 1],
  ] as const) {
    const clock = t.mock.method(Date, 'now', () => realNow() + byHours * 3_600_000)
    channels.enter('c', { client: name, user: 'u' })
    screens.enter(channelOf(ownChannels.recommendations, name), { client: 'c', user: name })
    clock.mock.restore()
  }
  const both = { num_clients: 2, num_users: 1 }
  assert.deepEqual(await channels.stats('c'), both)
  const clock = t.mock.method(Date, 'now', () => realNow() + 3_600_000)
  assert.deepEqual(await channels.stats('c'), both)
  assert.deepEqual(Object.keys((await channels.clients('c')) ?? {}).toSorted(), ['ahead', 'behind'])
  for (const listener of ['behind', 'ahead'])
    await until(() => push.isPresent(listener), { what: `${listener} to be present`, within: 2_000 })
  assert.ok(await isAnybodyPresent({ redisUrl, keyPrefix }))
  clock.mock.restore()
  assert.ok((await redis.pttl(membersKey(keyPrefix, 'c'))) <= 60_000)
})
