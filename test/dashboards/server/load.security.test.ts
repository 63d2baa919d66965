import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../../kit/until.ts'
import { apiRoom } from '../api-room.ts'

const USERS = 200
const today = Math.floor(Date.now() / 86_400_000) * 86_400_000

let room: Awaited<ReturnType<typeof apiRoom>>
before(async () => {
  room = await apiRoom()
  await room.insert([{ listener: 'ada', artist: 'a', at: today }])
})
after(() => room.close())

test('two hundred who ask the same share one answer', async (t) => {
  const get = await room.dashboard(t)
  const bodies = await Promise.all(
    Array.from({ length: USERS }, async () => {
      const response = await get('/api/plays-by-day')
      assert.equal(response.status, 200)
      return response.text()
    }),
  )
  assert.equal(new Set(bodies).size, 1)
})

test('of two hundred who ask for something else each, some are told to come again, all get an answer then, and listeners their own at once', async (t) => {
  const get = await room.dashboard(t)
  const headers = await room.authorization('ada')
  const all = Promise.all(
    Array.from({ length: USERS }, async (_, user) => {
      const response = await get(`/api/artist-by-hour?artistId=nobody-${user}`)
      if (response.status === 503) {
        assert.equal(response.headers.get('retry-after'), '1')
        assert.equal(((await response.json()) as { error: string }).error, 'busy')
      } else assert.deepEqual(((await response.json()) as { hours: unknown }).hours, [])
      return response.status
    }),
  )
  const own = Array.from({ length: 5 }, (_, days) =>
    get(`/api/me/plays?from=${new Date(today - (days + 1) * 86_400_000).toISOString().slice(0, 10)}`, {
      headers,
    }),
  )
  const statuses = await all
  assert.deepEqual([...new Set(statuses)].toSorted(), [200, 503])
  for (const response of await Promise.all(own)) assert.equal(response.status, 200)
  for (let user = 0; user < USERS; user++)
    assert.equal((await get(`/api/artist-by-hour?artistId=nobody-${user}`)).status, 200)
  await until(async () => (await room.redis.keys(`${room.prefix}*flight*`)).length === 0, {
    what: 'all flights to have ended',
  })
})

test('a query that takes too long is ended, the answer says so, and the next is answered', async (t) => {
  const slow = await apiRoom()
  t.after(() => slow.close())
  const get = await slow.dashboard(t)
  await slow.client.command({ query: 'RENAME TABLE plays TO real_plays' })
  // A table without end, of a listener each.
  await slow.client.command({
    query: `CREATE VIEW plays AS
      SELECT toUInt32(intDiv(toUnixTimestamp64Milli(now64(3)) + 2208988800000, 3600000)) AS played_hour,
        hex(SHA256(toString(number))) AS listener, toInt64(1) AS ms_played
      FROM system.numbers`,
  })
  const response = await get('/api/plays-by-hour')
  assert.equal(response.status, 503)
  const text = await response.text()
  assert.equal((JSON.parse(text) as { error: string }).error, 'limit_met')
  assert.doesNotMatch(text, /DB::Exception|SELECT|number/)
  const running = await slow.client.query({
    query:
      "SELECT query FROM system.processes WHERE query LIKE '%uniqUpTo(100)%' AND query NOT LIKE '%system.processes%'",
    format: 'JSONEachRow',
  })
  assert.deepEqual(await running.json(), [])
  await slow.client.command({ query: 'DROP VIEW plays' })
  await slow.client.command({ query: 'RENAME TABLE real_plays TO plays' })
  assert.equal((await get('/api/plays-by-hour')).status, 200)
})
