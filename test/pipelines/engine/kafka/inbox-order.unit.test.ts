import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Inbox, RECORD_BYTES } from '../../../../pipelines/engine/kafka/inbox.ts'
import type { RawRecord } from '../../../../pipelines/engine/raw-record.ts'
import type { FetchedBatch } from '../../../../pipelines/engine/kafka/fetched.ts'

const TOPICS = ['a', 'b', 'c']
const CASES = 2_000

/** What lies in a topic: event times in order of offset; undefined for a record without a usable one. */
type Log = (number | undefined)[]

const record = (topic: string, offset: number, time: number | undefined): RawRecord => ({
  topic,
  partition: 0,
  offset: BigInt(offset),
  timestamp: time ?? NaN,
  key: null,
  value: Buffer.alloc(1),
  headers: {},
})

const inboxOf = (groups: string[][], maxIdleMs: number) =>
  new Inbox({
    groups,
    timeOf: ({ timestamp }) => (Number.isNaN(timestamp) ? undefined : timestamp),
    maxIdleMs,
  })

function batchOf(topic: string, log: Log, from: number, count: number): FetchedBatch {
  const records = log.slice(from, from + count).map((time, index) => record(topic, from + index, time))
  const end = BigInt(log.length)
  const nextOffset = BigInt(from + records.length)
  return { topic, partition: 0, records, nextOffset, highWatermark: end, readableEnd: end }
}

/** Of the first records of all logs the earliest, again and again; of equals that of the first log. */
function naiveMerge(logs: readonly Log[]): string[] {
  const next = logs.map(() => 0)
  const merged: string[] = []
  const total = logs.reduce((sum, log) => sum + log.length, 0)
  while (merged.length < total) {
    const heads = logs.map((log, index) =>
      next[index]! < log.length ? (log[next[index]!] ?? -Infinity) : undefined,
    )
    const earliest = Math.min(...heads.filter((time) => time !== undefined))
    const index = heads.indexOf(earliest)
    merged.push(`${TOPICS[index]}${next[index]!++}`)
  }
  return merged
}

const nameOf = ({ topic, offset }: RawRecord) => `${topic}${offset}`

const time = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -3, max: 9 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
)
const logs = fc.array(fc.array(time, { maxLength: 12 }), { minLength: 2, maxLength: 3 })

type Action = { fetch: number; count: number } | { take: number }
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ fetch: fc.nat(2), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ take: fc.integer({ min: 1, max: 7 }) }),
)

test('inputs that meet come out as the naive merge of their whole logs, in whatever batches and order they arrive', () => {
  fc.assert(
    fc.property(logs, fc.array(action, { maxLength: 40 }), (all, actions) => {
      const inbox = inboxOf([TOPICS.slice(0, all.length)], Infinity)
      const wanted = naiveMerge(all)
      const fetched = all.map(() => 0)
      const taken: string[] = []
      const fetch = (index: number, count: number) => {
        const from = fetched[index]!
        const log = all[index]!
        if (from === log.length) inbox.atEnd(TOPICS[index]!, { now: 0, pending: false })
        else inbox.add(batchOf(TOPICS[index]!, log, from, count))
        fetched[index] = Math.min(log.length, from + count)
      }
      const take = (limit: number) => {
        const before = taken.length
        taken.push(...inbox.take(limit, 0).records.map(nameOf))
        assert.ok(taken.length - before <= limit)
        assert.deepEqual(taken, wanted.slice(0, taken.length))
        const waiting = fetched.reduce((sum, count) => sum + count, 0) - taken.length
        assert.equal(inbox.bytes, waiting * (RECORD_BYTES + 1))
      }
      for (const each of actions) {
        if ('take' in each) take(each.take)
        else if (each.fetch < all.length) fetch(each.fetch, each.count)
        // What holds others up can always be fetched: or nobody would go on.
        if (inbox.waitsUntil(0) !== undefined)
          assert.ok(
            TOPICS.slice(0, all.length).some(
              (topic, index) => !inbox.has(topic) && fetched[index]! <= all[index]!.length,
            ),
          )
      }
      for (const [index, log] of all.entries()) while (fetched[index]! < log.length) fetch(index, 5)
      for (const index of all.keys()) fetch(index, 1)
      while (inbox.ready(0)) take(4)
      assert.deepEqual(taken, wanted)
    }),
    { numRuns: CASES },
  )
})

test('positions are those of what has been taken, and never go back', () => {
  fc.assert(
    fc.property(logs, fc.integer({ min: 1, max: 7 }), (all, limit) => {
      const inbox = inboxOf([TOPICS.slice(0, all.length)], 0)
      for (const [index, log] of all.entries()) inbox.add(batchOf(TOPICS[index]!, log, 0, log.length))
      const next = new Map<string, bigint>()
      while (inbox.ready(0)) {
        const { records, positions } = inbox.take(limit, 0)
        for (const { topic, offset } of records) {
          assert.equal(next.get(topic) ?? 0n, offset)
          next.set(topic, offset + 1n)
        }
        for (const [topic, position] of positions) assert.equal(position, next.get(topic) ?? 0n)
      }
      for (const [index, log] of all.entries())
        assert.equal(next.get(TOPICS[index]!) ?? 0n, BigInt(log.length))
    }),
    { numRuns: CASES },
  )
})

test('a backlog of one input waits for the few records of the other', () => {
  const inbox = inboxOf([['a', 'b']], 100)
  const backlog = Array.from({ length: 1_000 }, (_, index) => index)
  inbox.add(batchOf('a', backlog, 0, 1_000))
  assert.equal(inbox.ready(0), false)
  assert.equal(inbox.waitsUntil(0), 100)
  inbox.add(batchOf('b', [499.5, 700.5], 0, 1))
  assert.equal(inbox.take(10_000, 1).records.length, 501)
  assert.equal(inbox.ready(1), false)
  inbox.add(batchOf('b', [499.5, 700.5], 1, 1))
  assert.equal(inbox.take(10_000, 2).records.length, 1_002 - 501)
})

/*
 *     now          0        50       100                150
 *     a            1 waits                              2 goes at once: b has been waited for
 *     b                                                               comes: from now on it is waited for again
 */
test('an empty input is waited for once, and again after it has had something', () => {
  const inbox = inboxOf([['a', 'b']], 100)
  const taken = (now: number) => inbox.take(10, now).records.map(nameOf)
  inbox.add(batchOf('a', [1, 2, 3, 4], 0, 1))
  assert.deepEqual([inbox.waitsUntil(0), taken(0), taken(99)], [100, [], []])
  assert.deepEqual(taken(100), ['a0'])
  inbox.add(batchOf('a', [1, 2, 3, 4], 1, 1))
  assert.deepEqual(taken(150), ['a1'])
  inbox.add(batchOf('b', [0, 9], 0, 1))
  assert.deepEqual([inbox.waitsUntil(160), taken(160)], [260, []])
  inbox.add(batchOf('a', [1, 2, 3, 4], 2, 1))
  assert.deepEqual([taken(170), inbox.waitsUntil(170), taken(270)], [['b0'], 270, ['a2']])
})

test('an input that is known to be at its end is not waited for, until a fetch finds more than it brings', () => {
  const inbox = inboxOf([['a', 'b']], 100)
  inbox.atEnd('b', { now: 0, pending: false })
  inbox.add(batchOf('a', [1, 2, 3], 0, 1))
  assert.deepEqual(inbox.take(10, 0).records.map(nameOf), ['a0'])
  inbox.add(batchOf('b', [0, 5], 0, 1))
  assert.equal(inbox.take(10, 0).records.length, 0)
  inbox.add(batchOf('a', [1, 2, 3], 1, 1))
  assert.deepEqual(inbox.take(10, 0).records.map(nameOf), ['b0'])
})

test('with no time to wait nobody waits', () => {
  const inbox = inboxOf([['a', 'b']], 0)
  inbox.add(batchOf('a', [9, 10], 0, 1))
  assert.deepEqual([inbox.waitsUntil(0), inbox.ready(0)], [undefined, true])
})

test('inputs of different sub-graphs do not wait for each other: they go in the order of arrival', () => {
  const inbox = inboxOf([['a', 'b'], ['c']], 100)
  inbox.add(batchOf('a', [1, 2], 0, 1))
  inbox.add(batchOf('c', [9, 10], 0, 1))
  assert.deepEqual(inbox.take(10, 0).records.map(nameOf), ['c0'])
  inbox.atEnd('b', { now: 0, pending: false })
  inbox.add(batchOf('c', [9, 10], 1, 1))
  assert.deepEqual(inbox.take(10, 0).records.map(nameOf), ['a0', 'c1'])
})

test('a topic that is no input is a bug', () => {
  assert.throws(() => inboxOf([['a']], 0).has('z'), /z is no input of this task/)
})
