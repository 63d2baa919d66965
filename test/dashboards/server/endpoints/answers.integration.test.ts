import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { until } from '../../../kit/until.ts'
import { apiRoom } from '../../api-room.ts'
import type { ArtistPlay } from '../../database.ts'

const [HOUR, DAY] = [3_600_000, 86_400_000]
const day = Date.UTC(2026, 0, 5)
const SPAN = 'from=2026-01-05&to=2026-01-07'

let room: Awaited<ReturnType<typeof apiRoom>>
before(async () => (room = await apiRoom()))
after(() => room.close())
beforeEach(async () => {
  await room.client.command({ query: 'TRUNCATE TABLE plays' })
  for (const key of await room.redis.keys(`${room.prefix}*`)) await room.redis.del(key)
})

const played = (artist: string, listeners: number, at = day, each = 1): ArtistPlay[] =>
  Array.from({ length: listeners * each }, (_, index) => ({
    listener: `listener-${index % listeners}`,
    artist,
    at,
    msPlayed: 61_000,
  }))

const json = async (response: Response) => {
  assert.equal(response.status, 200)
  return (await response.json()) as Record<string, unknown>
}

test('hours, days and an artist’s hours and days of fewer listeners than k are withheld, figures are in steps', async (t) => {
  const get = await room.dashboard(t, { k: 3 })
  await room.insert([
    ...played('a', 2),
    ...played('a', 4, day + HOUR, 2),
    ...played('b', 3, day + HOUR),
    ...played('b', 2, day + DAY, 9),
  ])
  const { hours, k } = await json(await get(`/api/plays-by-hour?${SPAN}`))
  assert.equal(k, 3)
  assert.deepEqual(hours, [{ start: day + HOUR, plays: 9, msPlayed: 540_000, listeners: 3 }])
  const { days } = await json(await get(`/api/plays-by-day?${SPAN}`))
  assert.deepEqual(days, [{ start: day, plays: 12, msPlayed: 720_000, listeners: 3 }])
  const ofArtist = await json(await get(`/api/artist-by-hour?artistId=a&${SPAN}`))
  assert.deepEqual(ofArtist['hours'], [{ start: day + HOUR, plays: 6, msPlayed: 360_000, listeners: 3 }])
  const itsDays = await json(await get(`/api/artist-by-day?artistId=a&${SPAN}`))
  assert.deepEqual(itsDays['days'], [{ start: day, plays: 9, msPlayed: 540_000, listeners: 3 }])
  const none = await json(await get(`/api/artist-by-hour?artistId=none&${SPAN}`))
  assert.deepEqual(none['hours'], [])
})

test('artists of k listeners are told, however much one listener has played another', async (t) => {
  const get = await room.dashboard(t, { k: 3 })
  await room.insert([
    ...played('one’s own', 1, day, 50),
    ...played('b', 4, day, 2),
    ...played('c', 3, day + HOUR),
  ])
  const top = await json(await get('/api/top-artists?day=2026-01-05'))
  assert.deepEqual(top['artists'], [
    { artistId: 'b', artistName: 'Name of b', plays: 6, msPlayed: 360_000, listeners: 3 },
    { artistId: 'c', artistName: 'Name of c', plays: 3, msPlayed: 180_000, listeners: 3 },
  ])
  assert.deepEqual((await json(await get('/api/top-artists?day=2026-01-06')))['artists'], [])
  const week = await json(await get('/api/top-artists?day=2026-01-11&period=week'))
  assert.deepEqual([week['from'], week['to'], (week['artists'] as unknown[]).length], [day, day + 7 * DAY, 2])
})

test('the first and the last day that can be asked for are those of ClickHouse', async (t) => {
  const get = await room.dashboard(t)
  for (const at of [Date.UTC(1900, 0, 1), Date.UTC(2299, 11, 31)]) {
    await room.insert(played('a', 1, at))
    for (const period of ['day', 'week', 'month']) {
      const day = new Date(at).toISOString().slice(0, 10)
      const { artists } = await json(await get(`/api/top-artists?period=${period}&day=${day}`))
      assert.equal((artists as { plays: number }[])[0]?.plays, 1, `${period} of ${day}`)
    }
  }
})

test('fifty artists are told though the most played are of few', async (t) => {
  const get = await room.dashboard(t, { k: 2 })
  const few = Array.from({ length: 50 }, (_, index) => played(`few ${index}`, 1, day, 5))
  const many = Array.from({ length: 51 }, (_, index) => played(`many ${index}`, 2))
  await room.insert([...few, ...many].flat())
  const { artists } = await json(await get('/api/top-artists?day=2026-01-05'))
  assert.equal((artists as unknown[]).length, 50)
  assert.ok((artists as { artistId: string }[]).every(({ artistId }) => artistId.startsWith('many')))
})

test('of a cohort is told who came back, unless these, or those who did not, are few', async (t) => {
  const week = (Math.floor((Date.now() - day) / (7 * DAY)) - 2) * 7 * DAY + day
  await room.insert([
    ...played('a', 9, week),
    ...played('a', 3, week + 7 * DAY),
    ...played('a', 8, week + 14 * DAY),
    // Those of another cohort are two.
    ...['x', 'y'].map((listener) => ({ listener, artist: 'a', at: week + 7 * DAY })),
  ])
  const get = await room.dashboard(t, { k: 3 })
  const { cohorts } = await json(await get('/api/cohort-retention?weeks=3'))
  assert.deepEqual(cohorts, [{ start: week, listeners: 9, active: [9, 3, null] }])
  const own = await room.dashboard(t)
  assert.deepEqual((await json(await own('/api/cohort-retention?weeks=3')))['cohorts'], [
    { start: week, listeners: 9, active: [9, 3, 8] },
    { start: week + 7 * DAY, listeners: 2, active: [2, 0] },
  ])
})

test('for k = 1 figures are as they are', async (t) => {
  const get = await room.dashboard(t)
  await room.insert(played('a', 2, day, 2))
  const { hours } = await json(await get(`/api/plays-by-hour?${SPAN}`))
  assert.deepEqual(hours, [{ start: day, plays: 4, msPlayed: 244_000, listeners: 2 }])
})

test('an answer tells its age, is given out by every process, and is renewed behind a stale one', async (t) => {
  let now = Date.now()
  t.mock.method(Date, 'now', () => now)
  const [one, other] = [await room.dashboard(t), await room.dashboard(t)]
  const ask = async (get: typeof one) => {
    const response = await get(`/api/plays-by-hour?${SPAN}`)
    const { hours } = await json(response)
    const [age, status] = ['age', 'cache-status'].map((name) => response.headers.get(name))
    return { plays: (hours as { plays: number }[])[0]?.plays, age: Number(age), status }
  }
  await room.insert(played('a', 1))
  await until(async () => (await ask(one)).status?.includes('hit'), { what: 'the cache' })
  await room.insert(played('a', 1))
  now += 12_345
  assert.deepEqual(await ask(other), { plays: 1, age: 12, status: 'continuo; hit; ttl=18' })
  now += 30_000
  assert.deepEqual(await ask(other), { plays: 1, age: 42, status: 'continuo; hit; ttl=-12' })
  await until(async () => (await ask(one)).plays === 2, { what: 'the newer answer' })
  assert.deepEqual(await ask(other), { plays: 2, age: 0, status: 'continuo; hit; ttl=30' })
})

test('every route is described, and each answer is as described', async (t) => {
  const get = await room.dashboard(t, { mintToken: async () => 'minted' })
  await room.insert([...played('a', 3, Date.now()), ...played('a', 2, Date.now() - 8 * DAY)])
  const openapi = (await json(await get('/api/openapi.json'))) as unknown as OpenApi
  assert.match(openapi.openapi, /^3\.1/)
  const asked = {
    '/api/openapi.json': '',
    '/api/config': '',
    '/api/time': '',
    '/api/token': '',
    '/api/plays-by-minute': '?minutes=5',
    '/api/plays-by-hour': '',
    '/api/plays-by-day': '',
    '/api/top-artists': '?period=month',
    '/api/artist-by-day': '?artistId=a',
    '/api/artist-by-hour': '?artistId=a',
    '/api/cohort-retention': '',
    '/api/click-through': '',
    '/api/me/plays': '',
    '/api/me/imports': '',
    '/api/pipeline': '',
    '/api/dead-letters': '?stage=anonymise',
  }
  assert.deepEqual(Object.keys(openapi.paths).toSorted(), Object.keys(asked).toSorted())
  const ajv = new Ajv2020({ strict: false, formats: { date: true } })
  const headers = await room.operator()
  for (const [path, parameters] of Object.entries(asked)) {
    const { responses } = openapi.paths[path]!.get
    const check = async (response: Response, as: string) => {
      const body: unknown = await response.json()
      const { schema } = responses[as]!.content['application/json']
      assert.ok(
        ajv.validate(schema, body),
        `${path}: ${ajv.errorsText()} ${JSON.stringify(body).slice(0, 300)}`,
      )
    }
    await check(await get(path + parameters, { headers }), '200')
    if (path === '/api/openapi.json') continue
    const refused = await get(`${path}?none=1`)
    assert.equal(refused.status, 400)
    await check(refused, '4XX')
  }
})

interface OpenApi {
  openapi: string
  paths: Record<
    string,
    { get: { responses: Record<string, { content: { 'application/json': { schema: object } } }> } }
  >
}
