import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { ArtistTotal } from '../../../schemas/events.ts'
import type { PartitionedRow, PlacedRow, Step } from '../../../sinks/redis/pending-rows.ts'
import type { TotalsStore } from '../../../sinks/redis/totals-store.ts'
import {
  type TotalRecord,
  MINUTE,
  artistTotal,
  groupsOf,
  lastTotals,
  listOf,
  listenersIn,
  recompute,
  rowsOf,
} from './totals-model.ts'
import { redisRoom } from './room.ts'

const SPAN = 5
const K = 4
const topicId = 'topic-1'
let room: Awaited<ReturnType<typeof redisRoom>>
before(async () => (room = await redisRoom()))
after(() => room.close())

/** Offsets of a partition count its records from 0. */
function stepOf(records: TotalRecord[], from: Map<number, number>): Step<ArtistTotal> {
  const partitions = Map.groupBy(records, ({ partition }) => partition)
  return {
    partitions: [...partitions].map(([partition, rows]) => ({
      partition,
      from: BigInt(from.get(partition)!),
      next: BigInt(from.get(partition)! + rows.length),
      // As the sink does: of each artist and window the last one.
      rows: lastOfEach(rowsOf(rows.map(artistTotal), from.get(partition)!)),
    })),
    receivedAt: [1, 2],
    refused: [],
  }
}

const lastOfEach = (rows: PlacedRow<ArtistTotal>[]): PlacedRow<ArtistTotal>[] => [
  ...new Map(rows.map((row) => [`${row.value.windowStart}/${row.value.artistId}`, row])).values(),
]

const record = fc.record({
  artist: fc.constantFrom('a', 'b', 'c/d', 'e"f'),
  window: fc.nat({ max: 14 }),
  plays: fc.integer({ min: 1, max: 50 }),
  ms: fc.integer({ min: 0, max: 10_000_000_000 }),
  who: fc.nat({ max: 255 }),
})
// An artist's totals come from one partition: by it the script looks for who listens.
const placed = record.map((rest) => ({ ...rest, partition: rest.artist < 'c' ? 0 : 1 }))

test('whatever comes, is repeated or is taken back: the figures are those of a recomputation', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ records: fc.array(placed, { minLength: 1, maxLength: 12 }), again: fc.boolean() }),
        {
          minLength: 1,
          maxLength: 10,
        },
      ),
      async (batches) => {
        await room.empty()
        const store = await room.store({
          k: K,
          spanMs: SPAN * MINUTE,
          expirePerStep: 10_000,
          history: 10_000,
        })
        await store.begin(topicId, new Map([0, 1].map((partition) => [partition, 0n])))
        const seen: TotalRecord[] = []
        const heard = new Map<number, number>()
        const from = new Map([0, 1].map((partition) => [partition, 0]))
        for (const { records, again } of batches) {
          const kept = keepWhatCounts(seen, records)
          const step = stepOf(records, from)
          await store.apply(topicId, step)
          const before = await snapshot()
          if (again) assert.equal(await store.apply(topicId, step), 'unchanged')
          assert.deepEqual(await snapshot(), before)
          for (const { partition } of records) from.set(partition, from.get(partition)! + 1)
          seen.push(...kept)
          for (const { window, who } of lastTotals(kept)) heard.set(window, (heard.get(window) ?? 0) | who!)
        }
        await holds(seen, K)
        await tells(seen, heard)
        store.close()
      },
    ),
    { numRuns: 60 },
  )
})

test('whatever could not be read and is given back later, in whatever order and how often: the figures are the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(placed, fc.boolean()), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.nat()),
      async (sent, atATime, order) => {
        await room.empty()
        const store = await room.store({ spanMs: SPAN * MINUTE, expirePerStep: 10_000, history: 10_000 })
        await store.begin(topicId, new Map([0, 1, 'replays'].map((place) => [place, 0n])))
        const next = new Map([0, 1].map((partition) => [partition, 0]))
        const letters: PartitionedRow<ArtistTotal>[] = []
        for (let i = 0; i < sent.length; i += atATime) {
          const some = sent.slice(i, i + atATime)
          const step = stepOf(
            some.map(([record]) => record),
            next,
          )
          for (const each of step.partitions) {
            const its = some.filter(([{ partition }]) => partition === each.partition)
            const from = next.get(each.partition)!
            const rows = rowsOf(
              its.map(([record]) => artistTotal(record)),
              from,
            )
            each.rows = lastOfEach(rows.filter((_, at) => !its[at]![1]))
            for (const [at, row] of rows.entries())
              if (its[at]![1]) letters.push({ ...row, partition: each.partition })
            next.set(each.partition, from + its.length)
          }
          await store.apply(topicId, step)
        }
        const ordered = letters
          .map((letter) => ({ letter, at: order.next().value as number }))
          .sort((one, other) => one.at - other.at)
          .map(({ letter }) => letter)
        const half = Math.ceil(ordered.length / 2)
        const replay = (from: bigint, rows: typeof ordered) =>
          store.replay(topicId, { place: 'replays', from, next: from + 1n, rows })
        await replay(0n, ordered.slice(0, half))
        await replay(1n, ordered.slice(half))
        const before = await snapshot()
        assert.equal(await replay(1n, ordered), 'unchanged')
        assert.deepEqual(await snapshot(), before)
        await holds(
          sent.map(([record]) => record),
          1,
        )
        const [, positions] = room.totals.scriptKeys
        for (const [partition, end] of next)
          assert.equal(await room.redis.hget(positions!, String(partition)), String(end))
        store.close()
      },
    ),
    { numRuns: 60 },
  )
})

/** A total of a window that has left the span is passed over: its window is not held any more. */
function keepWhatCounts(seen: TotalRecord[], records: TotalRecord[]): TotalRecord[] {
  const newest = Math.max(...[...seen, ...records].map(({ window }) => window))
  return records.filter(({ window }) => window > newest - SPAN)
}

async function snapshot() {
  return { log: await room.log(), keys: await room.keysHeld() }
}

/** `heard`: who has been in each window, be it taken back. */
async function tells(seen: TotalRecord[], heard: ReadonlyMap<number, number>): Promise<void> {
  const log = await room.log()
  const told = new Set([...heard].filter(([, who]) => listenersIn(who) >= K).map(([window]) => window))
  const published = new Map(log.flatMap(({ data }) => data.minutes.map(({ start, plays }) => [start, plays])))
  const everTold = recompute(
    seen.filter(({ window }) => told.has(window)),
    Infinity,
  ).minutes
  assert.deepEqual(
    [...published].map(([start, plays]) => ({ start, plays })).sort((a, b) => a.start - b.start),
    everTold,
  )
  assert.equal(
    log.at(-1)?.data.totalPlays,
    everTold.reduce((sum, { plays }) => sum + plays, 0),
  )
}

async function holds(seen: TotalRecord[], k: number): Promise<void> {
  const expected = recompute(seen, SPAN)
  const { top } = (await room.log()).at(-1)!.data
  assert.deepEqual(top, listOf(expected, k))
  for (const group of groupsOf(expected, top)) assert.ok(k === 1 || group === 0 || listenersIn(group) >= k)
  const [, , windows, plays, , , minutes] = room.totals.scriptKeys
  assert.equal(await room.redis.zcard(plays!), expected.artists.length)
  const held = Object.entries(await room.redis.hgetall(minutes!)).map(([start, count]) => ({
    start: Number(start),
    plays: Number(count),
  }))
  assert.deepEqual(
    held.sort((a, b) => a.start - b.start),
    expected.minutes,
  )
  for (const window of await room.redis.zrange(windows!, 0, -1)) {
    assert.equal(await room.redis.exists(room.totals.windowPrefix + window), 1)
  }
}

async function applied(store: TotalsStore, from: number, records: TotalRecord[]) {
  const at = new Map(records.map(({ partition }) => [partition, from]))
  return store.apply(topicId, stepOf(records, at))
}

test('an update says what changed, and what it adds to the counter', async () => {
  await room.empty()
  const store = await room.store()
  await store.begin(topicId, new Map([[0, 0n]]))
  const messages = await room.listen()
  await applied(store, 0, [
    { partition: 0, artist: 'a', window: 1, plays: 3, ms: 3_000 },
    { partition: 0, artist: 'b', window: 2, plays: 5, ms: 7_000 },
  ])
  // The first artist's total is taken back to 2: its transaction was aborted and repeated with less in it.
  await applied(store, 2, [{ partition: 0, artist: 'a', window: 1, plays: 2, ms: 2_000 }])

  const [first, second] = await room.log()
  assert.deepEqual(first, {
    offset: 1,
    data: {
      top: [
        { artistId: 'b', artistName: 'Name of "b"', plays: 5, msPlayed: 7_000 },
        { artistId: 'a', artistName: 'Name of "a"', plays: 3, msPlayed: 3_000 },
      ],
      minutes: [
        { start: MINUTE, plays: 3 },
        { start: 2 * MINUTE, plays: 5 },
      ],
      totalPlays: 8,
      receivedAt: [1, 2],
      k: 1,
    },
  })
  assert.deepEqual(second?.data.minutes, [{ start: MINUTE, plays: 2 }])
  assert.equal(second.data.totalPlays, 7)
  assert.deepEqual(
    messages.map(({ offset, data }) => ({ offset, data })),
    [first, second],
  )
  assert.equal(messages[0]?.epoch, await room.redis.hget(room.keys.meta, 'epoch'))
})

test('an older offset never overwrites a newer one', async () => {
  await room.empty()
  const store = await room.store()
  await store.begin(topicId, new Map([[0, 0n]]))
  const a = { partition: 0, artist: 'a', window: 1, ms: 0 }
  await applied(store, 0, [{ ...a, plays: 1 }])
  await applied(store, 1, [{ ...a, plays: 9 }])

  assert.equal(await applied(store, 0, [{ ...a, plays: 1 }]), 'unchanged')
  // A batch cut otherwise, which overlaps what has been applied: of that nothing counts again.
  const overlapping = [
    { ...a, plays: 4 },
    { ...a, artist: 'b', plays: 5 },
  ]
  assert.equal(await applied(store, 1, overlapping), 'published')
  assert.equal(await applied(store, 1, overlapping), 'unchanged')
  const figures = (await room.log()).at(-1)?.data.top.map(({ plays }) => plays)
  assert.deepEqual(figures, [9, 5])
})

test('rows that leave a gap are refused: something was lost', async () => {
  await room.empty()
  const store = await room.store()
  await store.begin(topicId, new Map([[0, 0n]]))
  assert.equal(await applied(store, 5, [{ partition: 0, artist: 'a', window: 1, plays: 1, ms: 0 }]), 'moved')
  assert.deepEqual(await room.log(), [])
})

test('old windows leave some fields a step, and in the end all of them', async () => {
  await room.empty()
  const store = await room.store({ spanMs: SPAN * MINUTE, expirePerStep: 100 })
  await store.begin(topicId, new Map([[0, 0n]]))
  const crowd = Array.from({ length: 1_000 }, (_, i) => `artist-${i}`)
  await applied(
    store,
    0,
    crowd.map((artist) => ({ partition: 0, artist, window: 1, plays: 2, ms: 0 })),
  )
  const plays = room.totals.scriptKeys[3]!
  for (let step = 0; step < 20; step++) {
    const before = await room.redis.zcard(plays)
    await applied(store, 1_000 + step, [{ partition: 0, artist: 'new', window: 20, plays: step + 1, ms: 0 }])
    const left = before - (await room.redis.zcard(plays))
    assert.ok(left <= 250, `${left} artists left in one step`)
  }
  assert.deepEqual((await room.log()).at(-1)?.data.top, [
    { artistId: 'new', artistName: 'Name of "new"', plays: 20, msPlayed: 0 },
  ])
  const names = room.totals.scriptKeys[5]!
  assert.deepEqual(await room.redis.hkeys(names), ['new'])
})
