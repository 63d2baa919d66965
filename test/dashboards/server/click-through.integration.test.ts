import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, after, afterEach, before, test } from 'node:test'
import { type ClickThroughRow, clickThrough } from '../../../dashboards/queries/click-through.ts'
import type { clickThrough as endpoint } from '../../../dashboards/server/endpoints/click-through.ts'
import type { AnswerOf } from '../../../dashboards/server/endpoints/endpoint.ts'
import { tables } from '../../../schemas/tables.ts'
import { apiRoom } from '../api-room.ts'
import type { ClickedList, ShownList } from '../database.ts'

const DAY = 24 * 3_600_000
const from = Date.UTC(2026, 0, 1)
const to = from + 7 * DAY

let room: Awaited<ReturnType<typeof apiRoom>>
let database: typeof room.database

before(async () => {
  room = await apiRoom()
  ;({ database } = room)
})
afterEach(async () => {
  for (const table of [tables.recommendationsShown, tables.recommendationsClicked])
    await room.client.command({ query: `TRUNCATE TABLE ${table}` })
})
after(() => room.close())

const ask = () => clickThrough.run(room.client, { from: new Date(from), to: new Date(to) })

/** What a dashboard of its own answers, which has answered nobody before. */
async function toldWith(t: TestContext, k: number) {
  const get = await room.dashboard(t, { k, redis: undefined })
  return (await (await get('/api/click-through')).json()) as AnswerOf<typeof endpoint>
}

/** A list of version `m1` at a moment within the span. */
const list = (name: string, at = from) => ({ list: name, version: 'm1', at })

/** Whose lists these are: all of one listener. */
const one = (clickedBy: number, leftBy: number) => ({ listeners: 1, clickedBy, leftBy })

test('a list counts once, however often it was shown or clicked', async () => {
  await database.insertShown([
    { ...list('r1'), artists: ['a1', 'a2'] },
    { ...list('r1', from + DAY), artists: ['a1', 'a2', 'a3'] },
    list('r2'),
    list('r2'),
  ])
  await database.insertClicked([list('r1'), list('r1', from + DAY)])
  assert.deepEqual(await ask(), [
    { modelVersion: 'm1', listsShown: 2, artistsShown: 4, clicks: 2, clickThrough: 0.5, ...one(1, 1) },
  ])
})

test('a list that was clicked was shown, even if nothing says so', async () => {
  await database.insertShown([list('r1')])
  await database.insertClicked([list('r2')])
  assert.deepEqual(await ask(), [
    { modelVersion: 'm1', listsShown: 2, artistsShown: 2, clicks: 1, clickThrough: 0.5, ...one(1, 1) },
  ])
})

test('a click that was sent twice is one', async () => {
  const click = { ...list('r1'), eventId: 'e1' }
  await database.insertClicked([click, click, { ...click, eventId: 'e2' }])
  assert.equal((await ask())[0]?.clicks, 2)
})

test('the span holds its first moment, and not its last', async () => {
  await database.insertShown([list('r1', from - 1), list('r2', from), list('r3', to - 1), list('r4', to)])
  await database.insertClicked([list('r5', from - 1), list('r2', from), list('r3', to - 1), list('r6', to)])
  assert.deepEqual(await ask(), [
    { modelVersion: 'm1', listsShown: 2, artistsShown: 2, clicks: 2, clickThrough: 1, ...one(1, 0) },
  ])
})

test('of many versions the newest twenty are told, newest first', async () => {
  const versions = Array.from({ length: 25 }, (_, i) => `202601${String(i + 1).padStart(2, '0')}T000000Z`)
  await database.insertShown(versions.map((version) => ({ ...list('r1'), version })))
  assert.deepEqual(
    (await ask()).map(({ modelVersion }) => modelVersion),
    versions.toReversed().slice(0, 20),
  )
})

test('it is what one counts event by event', async () => {
  const some = (most: number) => Math.floor(Math.random() * most)
  const event = () => ({
    eventId: randomUUID(),
    list: `r${some(40)}`,
    version: `m${some(3)}`,
    at: from - DAY + some(9 * DAY),
  })
  const artists = () => Array.from({ length: some(11) }, (_, i) => `a${i}`)
  const shown = Array.from({ length: 200 }, () => ({ ...event(), artists: artists() }))
  const clicked = Array.from({ length: 60 }, event)
  await database.insertShown([...shown, ...shown.slice(0, 20)])
  await database.insertClicked([...clicked, ...clicked.slice(0, 20)])
  assert.deepEqual(await ask(), counted(shown, clicked))
})

/** The same, naively. */
function counted(shown: ShownList[], clicked: ClickedList[]): ClickThroughRow[] {
  const within = ({ at }: ClickedList) => at >= from && at < to
  const [shows, clicks] = [shown.filter(within), clicked.filter(within)]
  return ['m2', 'm1', 'm0'].map((modelVersion) => {
    const clicksHere = clicks.filter(({ version }) => version === modelVersion)
    const artists = new Map(clicksHere.map((click) => [click.list, 1]))
    for (const show of shows.filter(({ version }) => version === modelVersion))
      artists.set(show.list, Math.max(artists.get(show.list) ?? 0, show.artists!.length))
    const listsClicked = new Set(clicksHere.map((click) => click.list)).size
    return {
      modelVersion,
      listsShown: artists.size,
      artistsShown: [...artists.values()].reduce((sum, many) => sum + many, 0),
      clicks: clicksHere.length,
      clickThrough: listsClicked / artists.size,
      ...one(1, listsClicked < artists.size ? 1 : 0),
    }
  })
}

test('the page gets seven days of UTC, and no other span', async (t) => {
  const get = await room.dashboard(t, { redis: undefined })
  const today = Math.floor(Date.now() / DAY) * DAY
  await database.insertShown([
    list('r1', Date.now()),
    list('r2', today - 6 * DAY),
    list('r3', today - 6 * DAY - 1),
  ])
  const response = await get('/api/click-through')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  const answer = (await response.json()) as AnswerOf<typeof endpoint>
  assert.deepEqual([answer.from, answer.to], [today - 6 * DAY, today + DAY])
  assert.deepEqual(
    answer.versions.map(({ listsShown }) => listsShown),
    [2],
  )
  for (const days of [1, 6, 7]) assert.equal((await get(`/api/click-through?days=${days}`)).status, 400)
})

test('a version that fewer than k listeners have seen is not told', async (t) => {
  await database.insertShown([list('r1', Date.now()), list('r2', Date.now())])
  const { k, versions } = await toldWith(t, 2)
  assert.deepEqual([k, versions], [2, []])
})

for (const [clicking, clicks, clickThrough] of [
  [0, 0, 0],
  [1, null, null],
  [2, 2, 0.5],
  [3, null, null],
  [4, 4, 1],
] as const)
  test(`of four listeners ${clicking} have clicked: that is ${clicks === null ? 'not ' : ''}told where two are enough`, async (t) => {
    const lists = ['a', 'b', 'c', 'd'].map((listener) => ({ ...list(`r-${listener}`, Date.now()), listener }))
    await database.insertShown(lists)
    await database.insertClicked(lists.slice(0, clicking))
    assert.deepEqual((await toldWith(t, 2)).versions, [
      { modelVersion: 'm1', listsShown: 4, artistsShown: 4, clicks, clickThrough, listeners: 4 },
    ])
  })

test('where nothing was shown there is no version', async (t) => {
  assert.deepEqual((await toldWith(t, 1)).versions, [])
})
