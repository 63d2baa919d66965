import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import {
  type Fold,
  type Window,
  avroState,
  foldWindow,
  route,
  topology,
  tumbling,
} from '../../../../pipelines/engine/index.ts'
import { latePlay } from '../../../../pipelines/steps/late-play.ts'
import type { ArtistTotal, CleanPlay, LatePlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'
import { tell } from '../../../kit/tell.ts'

const SIZE = 10
const GRACE = 7

/** Remembers the event ids in order: a fold that forgets, doubles or swaps a row shows it. */
const orderOfIds: Fold<CleanPlay, { ids: string[] }, ArtistTotal> = {
  initial: () => ({ ids: [] }),
  add: (state, { eventId }) => ({ ids: [...state.ids, eventId] }),
  result: ({ ids }, key, window) => total(key, window, ids),
  codec: avroState({
    type: 'record',
    name: 'Ids',
    fields: [{ name: 'ids', type: { type: 'array', items: 'string' } }],
  }),
}

const folded = topology('folded', ({ read }) =>
  read(topics.playsClean, { time: ({ playedAt }) => playedAt }).pipe(
    foldWindow({
      windows: tumbling(SIZE, { grace: GRACE }),
      fold: orderOfIds,
      late: latePlay,
    }),
    route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
  ),
)

function total(artistId: string, { start, end }: Window, ids: string[]): ArtistTotal {
  return {
    artistId,
    artistName: ids.join(),
    windowStart: start,
    windowEnd: end,
    plays: ids.length,
    msPlayed: 0,
    listeners: 0,
    listenerBits: '',
    receivedAt: 0,
  }
}

interface Sending {
  key: string
  time: number
  /** The process is killed before it. */
  crash: boolean
}

const idOf = (index: number) => `e${index}`
const origin = at('12:00:00')

async function run(sendings: Sending[]) {
  const kafka = drive(folded)
  for (const [index, { key, time, crash }] of sendings.entries()) {
    if (crash) kafka.crash()
    const row = { ...play({ eventId: idOf(index) }), playedAt: origin + time }
    await kafka.send(topics.playsClean, row, { key })
  }
  return {
    open: kafka.written(topics.artistTotalsLive).map(({ value }) => value),
    closed: kafka.written(topics.artistTotals).map(({ value }) => value),
    late: kafka.written(topics.latePlays).map(({ value }) => value),
  }
}

/** Everything anew for each row, from the list of all rows until then. */
function expected(sendings: Sending[]) {
  const open: ArtistTotal[] = []
  const late: LatePlay[] = []
  const taken: { id: string; key: string; start: number }[] = []
  const closesAt = (start: number) => start + SIZE + GRACE
  const idsIn = (key: string, start: number) =>
    taken.filter((each) => each.key === key && each.start === start).map(({ id }) => id)
  const windowAt = (start: number) => ({ start, end: start + SIZE })
  let streamTime = -Infinity
  for (const [index, { key, time }] of sendings.entries()) {
    const playedAt = origin + time
    streamTime = Math.max(streamTime, playedAt)
    const start = playedAt - (((playedAt % SIZE) + SIZE) % SIZE)
    if (closesAt(start) <= streamTime) {
      const row = { ...play({ eventId: idOf(index) }), playedAt }
      late.push(latePlay(row, { streamTime, lateByMs: streamTime - closesAt(start) }))
      continue
    }
    taken.push({ id: idOf(index), key, start })
    open.push(total(key, windowAt(start), idsIn(key, start)))
  }
  const closed = [...new Map(taken.map(({ key, start }) => [`${start}:${key}`, { key, start }])).values()]
    .filter(({ start }) => closesAt(start) <= streamTime)
    .map(({ key, start }) => total(key, windowAt(start), idsIn(key, start)))
  return { open, closed, late }
}

/** Windows close in order; within one window the order of keys means nothing. */
const inOrder = (closed: ArtistTotal[]) =>
  closed.toSorted((a, b) => a.windowStart - b.windowStart || (a.artistId < b.artistId ? -1 : 1))

test('whatever comes in whatever order, through crashes, is folded as if from a list of everything', async () => {
  const sending = fc.record({
    key: fc.constantFrom('a', 'b', 'with:colon', ''),
    time: fc.integer({ min: -40, max: 60 }),
    crash: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(sending, { maxLength: 40 }), async (all) => {
      const found = await run(all)
      const wanted = expected(all)
      assert.deepEqual({ ...found, closed: [] }, { ...wanted, closed: [] })
      assert.deepEqual(inOrder(found.closed), inOrder(wanted.closed))
      const starts = found.closed.map(({ windowStart }) => windowStart)
      assert.deepEqual(
        starts,
        starts.toSorted((a, b) => a - b),
      )
    }),
    { numRuns: 400 },
  )
})

test('every row is in exactly one window or late: counts add up', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(times, async (all) => {
      const closing = 1_000
      const { closed, late } = await run([...all, closing].map((time) => ({ key: 'a', time, crash: false })))
      const counted = closed.reduce((sum, { plays }) => sum + plays, 0)
      assert.equal(counted + late.length, all.length)
    }),
    { numRuns: 100 },
  )
})

/*
 *   event time    3      9     16     17     8
 *   open         a=1    a=2   a'=1   a'=2
 *   closed                           a=2         at 17 = 10 + grace 7
 *   late                                     8
 */
test('the end and the grace are the first instant at which a window is closed', async () => {
  const { open, closed, late } = await run(
    [3, 9, 16, 17, 8].map((time) => ({ key: 'a', time, crash: false })),
  )
  assert.deepEqual(
    open.map(({ artistName }) => artistName),
    ['e0', 'e0,e1', 'e2', 'e2,e3'],
  )
  assert.deepEqual(
    closed.map(({ artistName, windowStart }) => [artistName, windowStart]),
    [['e0,e1', origin]],
  )
  assert.deepEqual(
    late.map(({ streamTime, lateByMs }) => [streamTime, lateByMs]),
    [[origin + 17, 0]],
  )
})

test('a changelog that names an open window without its state is refused loudly', async () => {
  const broken = { ...orderOfIds, codec: { ...orderOfIds.codec, decode: () => undefined } }
  const kafka = drive(
    topology('broken', ({ read }) =>
      read(topics.playsClean, { time: ({ playedAt }) => playedAt }).pipe(
        foldWindow({
          windows: tumbling(SIZE, { grace: 0 }),
          fold: broken as unknown as typeof orderOfIds,
          late: latePlay,
        }),
        tell(),
      ),
    ),
  )
  await kafka.send(topics.playsClean, { ...play(), playedAt: origin }, { key: 'a' })
  assert.throws(() => kafka.crash(), /a changelog of windows/)
})
