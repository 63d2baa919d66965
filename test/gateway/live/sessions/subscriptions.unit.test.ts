import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { channelFor } from '../../../../gateway/live/channels/namespaces.ts'
import { Subscriptions, type SubscriptionsOwner } from '../../../../gateway/live/sessions/subscriptions.ts'
import { until } from '../../../kit/until.ts'
import { simulatedHubs } from '../../kit/simulated-feed.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'

const log = pino({ level: 'silent' })
const owner: SubscriptionsOwner = {
  encoding: json,
  info: () => ({ client: 'c', user: 'u' }),
  push: () => assert.fail('pushed'),
  lost: () => assert.fail('lost'),
}

const nobody = { enter: () => assert.fail('nobody is there'), leave: () => undefined }
const atEase = { enter: () => undefined, leave: () => undefined }
const channel = channelFor('room:c', 'listener')!

function setUp(presence: typeof atEase = nobody) {
  const simulated = simulatedHubs(log)
  const { hubs } = simulated
  const context = {
    hubs,
    limits: { maxSubscriptions: 1 },
    onScreen: presence,
    channelPresence: presence,
  }
  return {
    ...simulated,
    subscriptions: new Subscriptions(context, owner),
  }
}

test('a socket that closes while Redis confirms its SUBSCRIBE keeps no place', async () => {
  const { connection, redis, hubs, subscriptions } = setUp()
  const added = subscriptions.add(channel, {}, () => undefined)
  subscriptions.end()
  connection.asked[0]?.resolve(1)
  await until(() => !redis.idle, { what: 'the look where the stream stands' })
  redis.answer()
  await added
  assert.equal(hubs.subscriptions, 0)
  assert.equal(connection.unsubscribed.length, 1, 'Redis sends nothing that nobody wants')
})

test('a socket that closes while the log is read keeps no place', async () => {
  const { connection, redis, hubs, subscriptions } = setUp()
  const added = subscriptions.add(channel, {}, () => assert.fail('seated'))
  connection.asked[0]?.resolve(1)
  await until(() => !redis.idle, { what: 'the look where the stream stands' })
  subscriptions.end()
  redis.answer()
  await added
  assert.equal(hubs.subscriptions, 0)
  assert.equal(connection.unsubscribed.length, 1)
})

test('a socket that has closed joins nothing any more', async () => {
  const { connection, hubs, subscriptions } = setUp()
  subscriptions.end()
  assert.equal((await subscriptions.add(channel, {}, () => assert.fail('seated')))?.code, 100)
  assert.equal(hubs.subscriptions, 0)
  assert.deepEqual(connection.asked, [])
})

test('a channel that is left and joined anew while Redis confirms its SUBSCRIBE is joined, once', async () => {
  const { connection, redis, hubs, subscriptions } = setUp(atEase)
  const first = subscriptions.add(channel, {}, () => assert.fail('seated, and gone'))
  subscriptions.remove(channel.name)
  let seated = 0
  const second = subscriptions.add(channel, {}, () => seated++)
  connection.asked[0]?.resolve(1)
  for (const what of ['the look where the stream stands', 'another one, for who came meanwhile']) {
    await until(() => !redis.idle, { what })
    redis.answer()
  }
  assert.equal((await first)?.code, 100)
  assert.equal(await second, undefined)
  assert.equal(seated, 1)
  assert.equal(hubs.subscriptions, 1)
  assert.ok(subscriptions.get(channel.name))
})
