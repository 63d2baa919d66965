import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Inbox, RECORD_BYTES } from '../../../../pipelines/engine/kafka/inbox.ts'
import type { RawRecord } from '../../../../pipelines/engine/raw-record.ts'
import type { FetchedBatch } from '../../../../pipelines/engine/kafka/fetched.ts'

type Action = { topic: string; records: number; behind: number } | { take: number }

const action: fc.Arbitrary<Action> = fc.oneof(
  // `behind`: offsets after the last record that hold no record, control records for instance.
  fc.record({ topic: fc.constantFrom('a', 'b'), records: fc.nat(5), behind: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ take: fc.integer({ min: 1, max: 7 }) }),
)

function record(topic: string, offset: bigint, timestamp = 0): RawRecord {
  return { topic, partition: 0, offset, timestamp, key: null, value: Buffer.alloc(1), headers: {} }
}

const inboxOf = (groups: string[][], maxIdleMs = 0) =>
  new Inbox({ groups, timeOf: ({ timestamp }) => timestamp, maxIdleMs })

const apart = [['a'], ['b']]

/** Batches of each topic, one after the other. */
function batches() {
  const next = new Map<string, bigint>()
  return (topic: string, records: number, behind: number): FetchedBatch => {
    const from = next.get(topic) ?? 0n
    const nextOffset = from + BigInt(records + behind)
    next.set(topic, nextOffset)
    const offsets = Array.from({ length: records }, (_, index) => from + BigInt(index))
    return {
      topic,
      partition: 0,
      records: offsets.map((offset) => record(topic, offset)),
      nextOffset,
      highWatermark: nextOffset,
      readableEnd: nextOffset,
    }
  }
}

test('records come out once, in order, at most as many as asked for', () => {
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      const inbox = inboxOf(apart)
      const batch = batches()
      let waiting: RawRecord[] = []
      for (const each of actions) {
        if ('take' in each) {
          const { records } = inbox.take(each.take, 0)
          assert.deepEqual(records, waiting.slice(0, each.take))
          waiting = waiting.slice(records.length)
        } else {
          const added = batch(each.topic, each.records, each.behind)
          inbox.add(added)
          waiting = [...waiting, ...added.records]
        }
        assert.equal(inbox.bytes, waiting.length * (RECORD_BYTES + 1))
      }
    }),
  )
})

test('positions never pass a record that has not been taken, and reach the end of what has', () => {
  fc.assert(
    fc.property(fc.array(action), fc.integer({ min: 1, max: 7 }), (actions, limit) => {
      const inbox = inboxOf(apart)
      const batch = batches()
      const ends = new Map<string, bigint>()
      for (const each of actions)
        if (!('take' in each)) {
          const added = batch(each.topic, each.records, each.behind)
          inbox.add(added)
          ends.set(each.topic, added.nextOffset)
        }
      const reached = new Map<string, bigint>()
      while (inbox.ready(0)) {
        const { records, positions } = inbox.take(limit, 0)
        for (const { topic, offset } of records) assert.ok((positions.get(topic) ?? 0n) > offset)
        for (const [topic, position] of positions) {
          assert.ok(position > (reached.get(topic) ?? -1n))
          reached.set(topic, position)
        }
      }
      assert.deepEqual([...reached].sort(), [...ends].sort())
    }),
  )
})

test('a batch without records still moves the position: all that it covers was aborted', () => {
  const inbox = inboxOf(apart)
  inbox.add(batches()('a', 0, 3))
  assert.equal(inbox.ready(0), true)
  assert.deepEqual(inbox.take(10, 0), { records: [], positions: new Map([['a', 3n]]) })
  assert.equal(inbox.ready(0), false)
})

test('a batch taken in parts leaves the position at its next record', () => {
  const inbox = inboxOf(apart)
  inbox.add(batches()('a', 3, 1))
  assert.deepEqual(inbox.take(2, 0).positions, new Map([['a', 2n]]))
  assert.deepEqual(inbox.take(2, 0).positions, new Map([['a', 4n]]))
})

test('what waits is counted with its headers, and small records with what holds them: neither may fill the memory', () => {
  const inbox = inboxOf(apart)
  const batch = batches()('a', 3, 1)
  const headers = { one: Buffer.alloc(1_000), two: [Buffer.alloc(100), 'twenty letters: abcde'.slice(0, 20)] }
  inbox.add({ ...batch, records: batch.records.map((each) => ({ ...each, headers })) })
  assert.equal(inbox.bytes, 3 * (RECORD_BYTES + 1 + 1_120))
  inbox.take(2, 0)
  assert.equal(inbox.bytes, RECORD_BYTES + 1 + 1_120)
})

test('what is apart comes in runs of its own, each group in the order of arrival', () => {
  const inbox = new Inbox({ groups: apart, apart: 'replays', timeOf: () => 0, maxIdleMs: 0 })
  const batch = batches()
  for (const topic of ['a', 'replays', 'replays', 'b', 'a']) inbox.add(batch(topic, 2, 1))
  const runs: string[] = []
  while (inbox.ready(0))
    runs.push(
      inbox
        .take(10, 0)
        .records.map(({ topic }) => topic)
        .join(' '),
    )
  assert.deepEqual(runs, ['a a', 'replays replays replays replays', 'b b a a'])
})
