import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type AbortedTransaction,
  committedBatches,
} from '../../../../pipelines/engine/kafka/aborted-filter.ts'
import type { RecordBatch } from '../../../../pipelines/engine/kafka/record-batch/record-batch.ts'
import { batchOf } from '../../../kit/record-batches.ts'

type Action =
  | { producer: 1 | 2 | 3; does: 'write'; records: number }
  | { producer: 1 | 2 | 3; does: 'abort' | 'commit' }
  | { producer: 'plain'; does: 'write'; records: number }

/**
 * A partition's log after some producers did what they did, as a fetch from `from` on brings it: batches, and the
 * aborted transactions that the broker names with them.
 */
function logOf(actions: Action[], from: number) {
  let next = 0
  const batches: RecordBatch[] = []
  const hidden = new Set<RecordBatch>()
  const open = new Map<number, RecordBatch[]>()
  const aborted: (AbortedTransaction & { last: bigint })[] = []
  const append = (batch: Parameters<typeof batchOf>[0]) => {
    const appended = batchOf({ ...batch, baseOffset: next })
    batches.push(appended)
    next = Number(appended.lastOffset) + 1
    return appended
  }

  for (const action of actions) {
    if (action.producer === 'plain') append({ count: action.records })
    else if (action.does === 'write') {
      const written = append({ count: action.records, producerId: action.producer, transactional: true })
      open.set(action.producer, [...(open.get(action.producer) ?? []), written])
    } else {
      const written = open.get(action.producer) ?? []
      if (written.length === 0) continue
      const marker = append({ producerId: action.producer, transactional: true, marker: action.does })
      open.delete(action.producer)
      if (action.does === 'commit') continue
      for (const each of written) hidden.add(each)
      const producerId = BigInt(action.producer)
      aborted.push({ producerId, firstOffset: written[0]!.baseOffset, last: marker.lastOffset })
    }
  }
  // Read committed: a fetch ends before the first transaction that is still open.
  const ends = [...open.values()].map(([first]) => Number(first?.baseOffset ?? Infinity))
  const end = BigInt(Math.min(next, ...ends))
  return {
    batches: batches.filter(({ lastOffset, baseOffset }) => lastOffset >= from && baseOffset < end),
    aborted: aborted.filter(({ last, firstOffset }) => last >= from && firstOffset < end),
    hidden,
  }
}

const shown = ({ batches, aborted }: ReturnType<typeof logOf>) =>
  committedBatches(batches, aborted).map(({ baseOffset }) => Number(baseOffset))

/** What a reader of committed records may see: neither an aborted batch nor the end of a transaction. */
const meant = ({ batches, hidden }: ReturnType<typeof logOf>) =>
  batches
    .filter((batch) => !hidden.has(batch) && (batch.attributes & 0x20) === 0)
    .map(({ baseOffset }) => Number(baseOffset))

const producer = fc.constantFrom(1 as const, 2 as const, 3 as const)
const records = fc.integer({ min: 1, max: 4 })
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ producer, does: fc.constant('write' as const), records }) },
  { weight: 2, arbitrary: fc.record({ producer, does: fc.constant('abort' as const) }) },
  { weight: 1, arbitrary: fc.record({ producer, does: fc.constant('commit' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      producer: fc.constant('plain' as const),
      does: fc.constant('write' as const),
      records,
    }),
  },
)

test('of any log, from any offset on, just the batches of aborted transactions are hidden', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.nat(20), (actions, from) => {
      const log = logOf(actions, from)
      assert.deepEqual(shown(log), meant(log))
    }),
    { numRuns: 1_000 },
  )
})

/*
 *   offset      0   1   2   3    4   5    6    7     8   9    10
 *   producer 1  a                    -                   c     +
 *   producer 2      a                     a    -
 *   producer 3          a                      a     -
 *   plain                   p
 *   (letters write, - aborts, + commits)
 */
test('three aborted transactions that overlap hide all their batches, and none of the others', () => {
  const write = (by: 1 | 2 | 3): Action => ({ producer: by, does: 'write', records: 1 })
  const log = logOf(
    [
      write(1),
      write(2),
      write(3),
      { producer: 'plain', does: 'write', records: 1 },
      { producer: 1, does: 'abort' },
      write(2),
      write(3),
      { producer: 2, does: 'abort' },
      { producer: 3, does: 'abort' },
      write(1),
      { producer: 1, does: 'commit' },
    ],
    0,
  )
  assert.deepEqual(shown(log), [3, 9])
})

test('the order in which the broker names transactions means nothing', () => {
  const batches = [
    batchOf({ baseOffset: 9, producerId: 1, transactional: true }),
    batchOf({ baseOffset: 10, producerId: 2, transactional: true }),
    batchOf({ baseOffset: 11, producerId: 1, transactional: true, marker: 'abort' }),
    batchOf({ baseOffset: 12, producerId: 2, transactional: true, marker: 'abort' }),
    batchOf({ baseOffset: 13, producerId: 2, transactional: true }),
  ]
  const aborted = [
    { producerId: 2n, firstOffset: 10n },
    { producerId: 1n, firstOffset: 9n },
  ]
  assert.deepEqual(
    committedBatches(batches, aborted).map(({ baseOffset }) => baseOffset),
    [13n],
  )
})

test('without aborted transactions nothing is hidden but how transactions ended', () => {
  const kept = batchOf({ producerId: 1, transactional: true })
  const end = batchOf({ baseOffset: 1, producerId: 1, transactional: true, marker: 'commit' })
  assert.deepEqual(committedBatches([kept, end], []), [kept])
})
