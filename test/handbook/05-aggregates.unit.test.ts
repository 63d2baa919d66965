/**
 * Chapter 5. Folds and ready-made aggregates.
 *
 * A fold makes one value of many rows. Chapter 1 wrote one by hand; this chapter shows the ready-made ones, how several go into
 * one record, what their numbers promise, and what a fold of one's own needs.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Aggregate,
  avroState,
  combine,
  count,
  distinct,
  foldWindow,
  hours,
  max,
  mean,
  min,
  minutes,
  quantiles,
  route,
  sum,
  sumBigint,
  topK,
  topKDistinct,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { ArtistTotal, CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'

/*
 * An AGGREGATE is a fold that is ready to use. It is given a function that takes from a row what it is about; `combine` folds
 * several at once, and a function makes of their figures what the topic holds. It is given the key and the window, too, and its
 * figures are typed: `plays` is a number, the median a number or null.
 */
const hourly = combine(
  {
    plays: count(),
    msPlayed: sum((value: CleanPlay) => value.msPlayed),
    receivedAt: max((value: CleanPlay) => value.receivedAt),
    listeners: distinct((value: CleanPlay) => value.listener),
  },
  ({ plays, msPlayed, receivedAt, listeners }, artistId, { start, end }): ArtistTotal => ({
    artistId,
    artistName: artistId,
    windowStart: start,
    windowEnd: end,
    plays,
    msPlayed,
    listeners,
    listenerBits: '',
    receivedAt: receivedAt ?? 0,
  }),
)

const artistHours = topology('artist-hours', ({ read }) =>
  read(topics.playsByArtist, { time: (value) => value.playedAt }).pipe(
    foldWindow({ windows: tumbling(hours(1), { grace: minutes(5) }), fold: hourly, late: latePlay }),
    route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
  ),
)

/*
 *     played at    12:10     12:20     12:30     13:05
 *     listener     ada       bob       ada       ada
 *     closed                                     12 to 13 h: 3 plays, 2 listeners
 */
test('5.1 several figures of one window are one record', async () => {
  const kafka = drive(artistHours)
  for (const [playedAt, listener, msPlayed] of [
    ['12:10:00', 'ada', 60_000],
    ['12:20:00', 'bob', 90_000],
    ['12:30:00', 'ada', 30_000],
    ['13:05:00', 'ada', 30_000],
  ] as const)
    await kafka.send(topics.playsByArtist, play({ playedAt, listener, msPlayed }), { key: 'a1' })

  assert.deepEqual(
    kafka.written(topics.artistTotals).map(({ value }) => value),
    [
      {
        artistId: 'a1',
        artistName: 'a1',
        windowStart: at('12:00:00'),
        windowEnd: at('13:00:00'),
        plays: 3,
        msPlayed: 180_000,
        listeners: 2,
        listenerBits: '',
        receivedAt: at('12:30:00'),
      },
    ],
  )
})

test('5.2 a crash in the middle of a window changes no figure', async () => {
  const kafka = drive(artistHours)
  await kafka.send(topics.playsByArtist, play({ listener: 'ada' }))
  kafka.crash()
  await kafka.send(topics.playsByArtist, play({ listener: 'ada' }))
  const last = kafka.written(topics.artistTotalsLive).at(-1)?.value
  assert.deepEqual([last?.plays, last?.listeners], [2, 1])
})

/*
 * A FOLD alone needs no topology to be tried: it is `initial`, `add` for each row, `result`. This is what the tests below
 * do. A window's own test is worth its lines where the window matters, see chapter 1.
 */
function resultOf<V, State, Result>(
  { initial, add, result }: Aggregate<V, State, Result>,
  rows: V[],
): Result {
  return result(rows.reduce(add, initial()), 'key', { start: 0, end: 0 })
}

const seconds = (row: { seconds: number | null }) => row.seconds
const rows = [30, 12, 40, 40].map((each) => ({ seconds: each }))

test('5.3 count, sum, min, max, mean, topK and topKDistinct are exact', () => {
  assert.equal(resultOf(count(), rows), 4)
  assert.equal(resultOf(sum(seconds), rows), 122)
  assert.equal(resultOf(min(seconds), rows), 12)
  assert.equal(resultOf(max(seconds), rows), 40)
  assert.equal(resultOf(mean(seconds), rows), 30.5)
  assert.deepEqual(resultOf(topK(2, seconds), rows), [40, 40])
  assert.deepEqual(resultOf(topKDistinct(2, seconds), rows), [40, 30])
})

/* A row that has no figure gives null, and adds nothing. Where no row had one there is no least and no mean: null. */
test('5.4 null is no figure, and is not zero', () => {
  const some = [...rows, { seconds: null }]
  assert.equal(resultOf(mean(seconds), some), 30.5)
  assert.equal(resultOf(min(seconds), [{ seconds: null }]), null)
  assert.equal(resultOf(sum(seconds), [{ seconds: null }]), 0)
})

/*
 * ESTIMATES need little space where the exact result would need much. `distinct` is exact up to 512, then within 0.81 % (two of
 * three times; within 2.4 % nearly always) in 16 KiB. `quantiles` answers within 1 % of the exact quantile, always.
 */
test('5.5 distinct and quantiles are estimates, with an error that is known', () => {
  const many = Array.from({ length: 20_000 }, (_, n) => ({ listener: `listener ${n}`, seconds: n + 1 }))

  const listeners = resultOf(
    distinct((row: (typeof many)[0]) => row.listener),
    many,
  )
  assert.ok(Math.abs(listeners - 20_000) < 0.024 * 20_000)

  const [median, p99] = resultOf(quantiles(seconds, [0.5, 0.99]), many)
  assert.ok(Math.abs(median! - 10_000) <= 0.01 * 10_000)
  assert.ok(Math.abs(p99! - 19_800) <= 0.01 * 19_800)
})

/*
 * NUMBERS are never rounded in silence. Decimals are added up exactly and rounded once, so that the order of rows means nothing
 * – a replay gives the same to the last bit. Whole numbers beyond 2^53 do not fit a number: `sum` stops, `sumBigint` goes on.
 */
test('5.6 a sum is exact, or ends the run with the remedy', () => {
  const prices = [0.1, 0.2, 0.3, -0.6].map((each) => ({ seconds: each }))
  assert.equal(resultOf(sum(seconds), prices), resultOf(sum(seconds), prices.toReversed()))

  const huge = [Number.MAX_SAFE_INTEGER, 2].map((each) => ({ seconds: each }))
  assert.throws(() => resultOf(sum(seconds), huge), /beyond 2\^53.*use sumBigint\(\)/)
  assert.equal(
    resultOf(
      sumBigint((row: { seconds: number }) => BigInt(row.seconds)),
      huge,
    ),
    2n ** 53n + 1n,
  )
})

/* What is no number at all would spoil its whole window. It is a bug, and named: which figure, and which aggregate. */
test('5.7 a figure that is no number ends the run, and is named', () => {
  const broken = combine({ plays: count(), ms: sum((row: { ms?: number }) => Number(row.ms)) })
  assert.throws(() => resultOf(broken, [{}]), /"ms": sum\(\) is given something that is no finite number/)
})

/*
 * MERGE makes one state of two, as if all their rows had been folded at once. Windows that are put together from parts need
 * it, and so does `combine`. All ready-made aggregates have it; here is one that is made by hand, with all that belongs to it.
 * Its codec says how state is written to the changelog: what has been written once, a later version has to read.
 */
const longestTitle: Aggregate<CleanPlay, string, string> = {
  initial: () => '',
  add: (longest, { trackName }) => (trackName.length > longest.length ? trackName : longest),
  merge: (a, b) => (b.length > a.length ? b : a),
  result: (longest) => longest,
  codec: avroState('string'),
}

test('5.8 an aggregate of one’s own stands among the others', () => {
  const titles = combine({ plays: count(), longest: longestTitle })
  const [one, two] = [play({ trackName: 'Hey' }), play({ trackName: 'Yesterday' })]
  assert.deepEqual(resultOf(titles, [one, two]), { plays: 2, longest: 'Yesterday' })

  const merged = titles.merge(titles.add(titles.initial(), one), titles.add(titles.initial(), two))
  assert.deepEqual(titles.result(merged, 'key', { start: 0, end: 0 }), { plays: 2, longest: 'Yesterday' })
})

/*
 * CHANGING what is combined needs no new state. A figure that is added starts empty in the windows that are open – its first
 * window is short of what came before – and one that is left out is forgotten. Another meaning is another name.
 */
test('5.9 a figure added later begins with the rows that come then', () => {
  const before = combine({ plays: count() })
  const after = combine({ plays: count(), longest: longestTitle })
  const inChangelog = before.codec.encode(before.add(before.initial(), play({ trackName: 'Yesterday' })))
  const restored = after.add(after.codec.decode(inChangelog), play({ trackName: 'Hey' }))
  assert.deepEqual(after.result(restored, 'key', { start: 0, end: 0 }), { plays: 2, longest: 'Hey' })
})
