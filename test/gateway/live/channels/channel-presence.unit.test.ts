import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Redis } from 'ioredis'
import { ChannelPresence } from '../../../../gateway/live/channels/channel-presence.ts'

test('of a client that is gone before it was there nobody is told', () => {
  const told: unknown[] = []
  const redis = {
    status: 'ready',
    defineCommand: () => undefined,
    spublish(_: string, notice: string) {
      told.push(JSON.parse(notice))
      return Promise.resolve(1)
    },
  }
  const there = new Set<string>()
  const members = {
    put: (_: string, member: string) => void there.add(member),
    take: (_: string, member: string) => there.delete(member),
  }
  const presence = new ChannelPresence({ redis: redis as unknown as Redis, keyPrefix: '', members })
  const info = { client: 'c', user: 'u' }
  presence.leave('room:a', info)
  assert.deepEqual(told, [])
  presence.enter('room:a', info)
  presence.leave('room:a', info)
  assert.deepEqual(told, [{ join: { info } }, { leave: { info } }])
})

test('a channel is counted once a second, however many ask', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let counts = 0
  const redis = {
    defineCommand: () => undefined,
    presenceStats: () => Promise.resolve([++counts, 1]),
  }
  const members = { put: () => undefined, take: () => true }
  const presence = new ChannelPresence({ redis: redis as unknown as Redis, keyPrefix: '', members })
  const asked = await Promise.all(['room:a', 'room:a', 'room:b'].map((place) => presence.stats(place)))
  assert.deepEqual(
    asked.map((stats) => stats.num_clients),
    [1, 1, 2],
  )
  t.mock.timers.tick(1_000)
  assert.deepEqual(await presence.stats('room:a'), { num_clients: 3, num_users: 1 })
})
