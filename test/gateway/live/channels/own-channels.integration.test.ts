import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { channelOf, ownChannels } from '../../../../schemas/channels.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, tokenOf } from '../../kit/gateway.ts'
import { type TestPublisher, testPublisher } from '../../kit/publisher.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { inBoth, sdkClient } from '../../kit/sdk-client.ts'

const channel = ownChannels.recommendations
const pseudonymOf = pseudonyms([randomBytes(32)]).listener

async function room(t: TestContext) {
  const { redisUrl } = await services()
  const gateway = await testGateway(t, { redisUrl, pseudonymOf })
  const publisherFor = (user: string): TestPublisher => {
    const publisher = testPublisher({
      redisUrl,
      keyPrefix: gateway.keyPrefix,
      history: 1,
      channel: channelOf(channel, pseudonymOf(user)),
    })
    t.after(() => {
      publisher.close()
    })
    return publisher
  }
  return { gateway, publisherFor }
}

inBoth('each listener reads their own channel, under the one name that there is', async (t, spoken) => {
  const { gateway, publisherFor } = await room(t)
  const got = new Map<string, unknown[]>()
  for (const user of ['ada', 'bob']) {
    const { client, dataOf } = sdkClient(t, gateway.url, { getToken: () => tokenOf(user) }, spoken)
    const subscription = client.newSubscription(channel)
    const data: unknown[] = []
    got.set(user, data)
    subscription.on('publication', (publication) => data.push(dataOf(publication.data)))
    subscription.subscribe()
    client.connect()
    await subscription.ready()
  }
  await publisherFor('ada').publish('for ada')
  await publisherFor('bob').publish('for bob')
  for (const [user, data] of got) {
    await until(() => data.length > 0, { what: `what is for ${user}` })
    assert.deepEqual(data, [`for ${user}`])
  }
  assert.ok(!gateway.logged().includes('ada'))
})

test('there is no name for the channel of another', async (t) => {
  const { gateway, publisherFor } = await room(t)
  await publisherFor('ada').publish('for ada')
  const raw = await rawClient(t, gateway.url)
  await raw.connect('bob')
  const ofAda = channelOf(channel, pseudonymOf('ada'))
  for (const [index, name] of [
    ofAda,
    `${channel}:`,
    `${channel}:ada`,
    'me:',
    'me',
    `${channel} `,
  ].entries()) {
    raw.send({ id: 10 + index, subscribe: { channel: name, recover: true, offset: 0, epoch: '' } })
    assert.equal((await raw.reply(10 + index)).error?.code, 103, name)
  }
  raw.send({ id: 30, subscribe: { channel, recover: true, offset: 0, epoch: '' } })
  assert.deepEqual((await raw.reply(30)).subscribe?.publications ?? [], [])
})

test('who comes gets the newest message first, and who comes back the newest that was missed', async (t) => {
  const { gateway, publisherFor } = await room(t)
  const publisher = publisherFor('ada')
  await publisher.publish('first')
  await publisher.publish('second')
  const raw = await rawClient(t, gateway.url)
  await raw.connect('ada')
  raw.send({ id: 2, subscribe: { channel } })
  const { subscribe } = await raw.reply(2)
  assert.deepEqual(subscribe?.publications, [{ offset: 2, data: 'second' }])
  assert.equal(subscribe.recovered, undefined)
  raw.close()
  await publisher.publish('third')
  await publisher.publish('fourth')

  const again = await rawClient(t, gateway.url)
  await again.connect('ada')
  const back = { recover: true, epoch: subscribe.epoch, offset: 2 }
  again.send({ id: 2, subscribe: { channel, ...back } })
  const resumed = (await again.reply(2)).subscribe
  assert.deepEqual([resumed?.recovered, resumed?.publications], [true, [{ offset: 4, data: 'fourth' }]])
  again.send({ id: 3, unsubscribe: { channel } })
  await again.reply(3)
  again.send({ id: 4, subscribe: { channel, ...back, offset: 4 } })
  const current = (await again.reply(4)).subscribe
  assert.deepEqual([current?.recovered, current?.publications], [true, []])
  await publisher.publish('fifth')
  const pushed = await until(() => again.frames.find(({ push }) => push?.pub), { what: 'the push' })
  assert.deepEqual(pushed.push, { channel, pub: { offset: 5, data: 'fifth' } })
})

test('a listener who had no list gets the first one', async (t) => {
  const { gateway, publisherFor } = await room(t)
  const { client } = sdkClient(t, gateway.url, { getToken: () => tokenOf('ada') })
  const subscription = client.newSubscription(channel, { recoverable: true, positioned: true })
  const data: unknown[] = []
  subscription.on('publication', (publication) => data.push(publication.data))
  subscription.subscribe()
  client.connect()
  await subscription.ready()
  await publisherFor('ada').publish('the first')
  await until(() => data.length > 0, { what: 'the first list' })
  assert.deepEqual(data, ['the first'])
})
