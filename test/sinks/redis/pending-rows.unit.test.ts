import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SetAside } from '../../../sinks/decode.ts'
import type { ArtistTotal } from '../../../schemas/events.ts'
import { PendingRows } from '../../../sinks/redis/pending-rows.ts'
import { artistTotal } from './totals-model.ts'

const pendingTotals = () =>
  new PendingRows<ArtistTotal>(({ windowStart, artistId }) => `${windowStart}:${artistId}`)
const total = (artist: string, plays: number, window = 1) => artistTotal({ artist, window, plays, ms: 0 })

test('of each artist and window only the last total is sent', () => {
  const pending = pendingTotals()
  pending.assign(0, 10n)
  const partition = pending.of(0)!
  partition.add(10n, total('a', 1))
  partition.add(11n, total('a', 2))
  partition.add(12n, total('a', 3, 2))
  assert.equal(pending.size, 2)
  assert.deepEqual(pending.take().partitions, [
    {
      partition: 0,
      from: 10n,
      next: 13n,
      rows: [
        { offset: 11n, value: total('a', 2) },
        { offset: 12n, value: total('a', 3, 2) },
      ],
    },
  ])
})

test('one step follows another without a gap, over offsets that hold no total, too', () => {
  const pending = pendingTotals()
  pending.assign(0, 0n)
  const partition = pending.of(0)!
  partition.add(0n, total('a', 1))
  partition.cover(5n)
  assert.equal(pending.take().partitions[0]?.next, 5n)
  assert.equal(pending.some, false)
  partition.cover(8n)
  assert.equal(pending.some, true)
  assert.deepEqual(pending.take(), {
    partitions: [{ partition: 0, from: 5n, next: 8n, rows: [] }],
    receivedAt: [],
    refused: [],
  })
})

test('what arrives for a partition that was given away goes nowhere, even if it comes back', () => {
  const pending = pendingTotals()
  pending.assign(0, 0n)
  const before = pending.of(0)!
  pending.drop(0)
  assert.equal(pending.of(0), undefined)
  pending.assign(0, 100n)
  before.add(0n, total('a', 1))
  assert.equal(pending.some, false)
  pending.drop(0)
  assert.equal(pending.of(0), undefined)
})

test('at most 16 arrival times go along, spread over all partitions', () => {
  const pending = pendingTotals()
  for (const partition of [0, 1]) {
    pending.assign(partition, 0n)
    for (let i = 0; i < 49; i++) pending.of(partition)!.add(BigInt(i), total('a', 50 * partition + i))
  }
  const { receivedAt } = pending.take()
  assert.equal(receivedAt.length, 16)
  assert.equal(receivedAt[0], total('a', 0).receivedAt)
  assert.equal(receivedAt.at(-1), total('a', 98).receivedAt)
})

test('however long Redis is away, what is kept does not grow with the records read', () => {
  const pending = pendingTotals()
  pending.assign(0, 0n)
  for (let i = 0; i < 200_000; i++) pending.of(0)!.add(BigInt(i), total('a', i))
  assert.equal(pending.size, 1)
  assert.equal(pending.take().receivedAt.length, 16)
})

test('records that could not be read count, and go with the step that moves past them', () => {
  const pending = pendingTotals()
  pending.assign(0, 0n)
  const refused = { record: { offset: 0n }, reason: 'malformed_avro' } as SetAside
  pending.of(0)!.refuse(refused)
  assert.equal(pending.size, 1)
  assert.deepEqual(pending.take(), {
    partitions: [{ partition: 0, from: 0n, next: 1n, rows: [] }],
    receivedAt: [],
    refused: [refused],
  })
  assert.equal(pending.size, 0)
})
