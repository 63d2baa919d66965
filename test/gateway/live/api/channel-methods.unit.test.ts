import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../../../gateway/live/api/asked.ts'
import { channelMethods } from '../../../../gateway/live/api/channel-methods.ts'

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

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
  await publish!({ channel: 'artist:a1', data: nested(64) })
  assert.equal(published.length, 1)
  const refused = (error: unknown) => error instanceof ApiError && error.reply.code === 107
  await assert.rejects(async () => publish!({ channel: 'artist:a1', data: nested(4_000) }), refused)
  const { responses } = (await broadcast!({ channels: ['artist:a1'], data: nested(4_000) })) as {
    responses: { error: { code: number } }[]
  }
  assert.equal(responses[0]!.error.code, 107)
  assert.equal(published.length, 1)
})
