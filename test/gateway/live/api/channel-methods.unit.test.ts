import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, channelIn } from '../../../../gateway/live/api/asked.ts'
import { channelMethods } from '../../../../gateway/live/api/channel-methods.ts'
import { pseudonymise } from '../../../../schemas/pseudonym.ts'

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

const unfailing = (error: unknown) => assert.fail(String(error))

test('whose channel it is may be said by a pseudonym, and nothing else that would lie in Redis as it is', () => {
  const pseudonym = pseudonymise(Buffer.alloc(32), 'ada')
  const placeOf = (listener: string) =>
    channelIn({ channel: 'me:recommendations', listener }, () => assert.fail('no user')).place
  assert.equal(placeOf(pseudonym), `me:recommendations:${pseudonym}`)
  for (const listener of ['ada', 'ada@music.example', 'x}:log', `${pseudonym}\n`])
    assert.throws(() => placeOf(listener), refused)
})

const refused = (error: unknown) => error instanceof ApiError && error.reply.code === 107

test('data are published as deep as gateways can send them on, and no deeper', async () => {
  const published: unknown[] = []
  const { publish, broadcast } = channelMethods({
    pseudonymOf: (id) => id,
    publish: (place, data) => {
      published.push(data)
      return Promise.resolve({ offset: 1, epoch: place, repeated: false })
    },
    history: () => assert.fail('not asked'),
    channelPresence: { clients: () => assert.fail('not asked'), stats: () => assert.fail('not asked') },
  })
  await publish!({ channel: 'artist:a1', data: nested(64) }, unfailing)
  assert.equal(published.length, 1)
  await assert.rejects(
    async () => publish!({ channel: 'artist:a1', data: nested(4_000) }, unfailing),
    refused,
  )
  const { responses } = (await broadcast!({ channels: ['artist:a1'], data: nested(4_000) }, unfailing)) as {
    responses: { error: { code: number } }[]
  }
  assert.equal(responses[0]!.error.code, 107)
  assert.equal(published.length, 1)
})

test('of a broadcast a few messages are on their way at a time, and the answers are in the order of the channels', async () => {
  let [under, most] = [0, 0]
  const { broadcast } = channelMethods({
    pseudonymOf: (id) => id,
    async publish(place) {
      most = Math.max(most, ++under)
      await new Promise(setImmediate)
      under--
      return { offset: 1, epoch: place, repeated: false }
    },
    history: () => assert.fail('not asked'),
    channelPresence: { clients: () => assert.fail('not asked'), stats: () => assert.fail('not asked') },
  })
  const channels = Array.from({ length: 1_000 }, (_, index) => `artist:a${index}`)
  const { responses } = (await broadcast!({ channels, data: 1 }, unfailing)) as {
    responses: { result: { epoch: string } }[]
  }
  assert.deepEqual(
    responses.map(({ result }) => result.epoch),
    channels,
  )
  assert.ok(most > 1 && most <= 16, `${most} at a time`)
})
