import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { until } from '../../kit/until.ts'
import { apiRoom } from '../api-room.ts'

const DAY = 86_400_000
const today = Math.floor(Date.now() / DAY) * DAY

let room: Awaited<ReturnType<typeof apiRoom>>
before(async () => {
  room = await apiRoom()
  const own = (listener: string, artist: string, times: number) =>
    Array.from({ length: times }, () => ({ listener, artist, at: today }))
  await room.insert([...own('ada', 'only ada', 2), ...own('bob', 'only bob', 3)])
})
after(() => room.close())
beforeEach(async () => {
  for (const key of await room.redis.keys(`${room.prefix}*`)) await room.redis.del(key)
})

const plays = (artist: string, many: number) => ({
  days: [{ start: today, plays: many, msPlayed: many * 60_000 }],
  artists: [{ artistId: artist, artistName: `Name of ${artist}`, plays: many, msPlayed: many * 60_000 }],
})
const ownOf = { ada: plays('only ada', 2), bob: plays('only bob', 3) }

test('listeners get their own plays, fresh and from the cache of another process, and nobody else’s', async (t) => {
  const processes = [await room.dashboard(t), await room.dashboard(t)]
  const headers = { ada: await room.authorization('ada'), bob: await room.authorization('bob') }
  const seen = new Set<string>()
  await until(
    async () => {
      const asked = processes.flatMap((get) =>
        (['ada', 'bob', 'bob', 'ada'] as const).map(async (name) => {
          const response = await get('/api/me/plays', { headers: headers[name] })
          assert.equal(response.status, 200)
          assert.match(response.headers.get('cache-control') ?? '', /\bprivate\b/)
          assert.equal(response.headers.get('vary'), 'authorization')
          seen.add(response.headers.get('cache-status')!.replace(/=.*/, ''))
          const { days, artists } = (await response.json()) as typeof ownOf.ada
          assert.deepEqual({ days, artists }, ownOf[name])
        }),
      )
      await Promise.all(asked)
      return seen.size === 2
    },
    { what: 'answers from ClickHouse and from the cache' },
  )
  const kept = await room.redis.keys(`${room.prefix}*`)
  assert.doesNotMatch(kept.join(' '), /ada|bob/)
})

test('without a valid token there is nothing, whatever the cache has', async (t) => {
  const get = await room.dashboard(t)
  const path = '/api/me/plays'
  const right = await room.authorization('ada')
  await until(
    async () => (await get(path, { headers: right })).headers.get('cache-status')?.includes('hit'),
    { what: 'the cache' },
  )
  const other = { key: Buffer.alloc(32, 9), issuer: 'continuo', audience: 'continuo-gateway' }
  const refused = {
    none: {},
    scheme: { authorization: right.authorization.replace('Bearer', 'Basic') },
    empty: { authorization: 'Bearer ' },
    rubbish: { authorization: 'Bearer rubbish' },
    two: { authorization: `${right.authorization} ${right.authorization}` },
    expired: await room.authorization('ada', -60),
    forged: await room.authorization('ada', 60, other),
    cookie: { cookie: `token=${right.authorization}` },
  }
  for (const [what, headers] of Object.entries(refused)) {
    const response = await get(path, { headers: headers as Record<string, string> })
    assert.equal(response.status, 401, what)
    assert.equal(response.headers.get('www-authenticate'), 'Bearer')
    assert.match(response.headers.get('cache-control')!, /no-store/)
    const text = await response.text()
    assert.doesNotMatch(text, /only ada/)
    assert.match(text, /continuo token/)
  }
})

test('nobody can be named in the question', async (t) => {
  const get = await room.dashboard(t)
  const headers = await room.authorization('ada')
  for (const name of ['listener', 'sub', 'user', 'audience', 'k'])
    assert.equal((await get(`/api/me/plays?${name}=bob`, { headers })).status, 400)
})

test('a dashboard without the keys tells nobody’s', async (t) => {
  const get = await room.dashboard(t, { verifyListener: undefined })
  const response = await get('/api/me/plays', { headers: await room.authorization('ada') })
  assert.equal(response.status, 404)
  assert.match(await response.text(), /--own/)
})

test('an answer of one k, or of one database, is not given out for another', async (t) => {
  const path = '/api/plays-by-hour'
  // A dashboard asks ClickHouse until it has its connection to Redis.
  const hours = (get: Awaited<ReturnType<typeof room.dashboard>>) =>
    until(
      async () => {
        const response = await get(path)
        if (response.headers.get('cache-status')?.includes('hit') !== true) return undefined
        return ((await response.json()) as { hours: unknown[] }).hours.length.toString()
      },
      { what: 'an answer from the cache' },
    )
  assert.equal(await hours(await room.dashboard(t)), '1')
  assert.equal(await hours(await room.dashboard(t, { k: 3 })), '0')
  const elsewhere = await apiRoom()
  t.after(() => elsewhere.close())
  const redis = { url: `redis://${room.redis.options.host}:${room.redis.options.port}`, prefix: room.prefix }
  assert.equal(await hours(await elsewhere.dashboard(t, { redis })), '0')
})
