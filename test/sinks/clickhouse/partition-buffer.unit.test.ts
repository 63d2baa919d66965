import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RawRecord } from '../../../pipelines/engine/raw-record.ts'
import { type Chunk, PartitionBuffer } from '../../../sinks/clickhouse/partition-buffer.ts'
import type { OffsetRange } from '../../../sinks/clickhouse/range.ts'

const origin = { topic: 't', topicId: 'id', partition: 0 }
const source = { record: {} as RawRecord }
const roomy = { rows: 1_000, bytes: 1_000_000 }
const refused = (offset: bigint) => ({ record: { offset } as RawRecord, reason: 'malformed_avro' })
const shape = ({ from, end, last, rows }: Chunk) => ({ from, end, last, rows: rows.map(String) })

test('rows read since the last chunk are the next, with the offsets that hold none', () => {
  const buffer = new PartitionBuffer(origin, 10n, roomy)
  assert.equal(buffer.take(), undefined)
  buffer.append(12n, Buffer.from('a'), source)
  buffer.refuse(refused(13n))
  buffer.cover(15n)
  assert.deepEqual(buffer.waiting, { records: 2, bytes: 1 })
  const chunk = buffer.take()!
  assert.deepEqual(shape(chunk), { from: 10n, end: 15n, last: 13n, rows: ['a'] })
  assert.equal(chunk.refused.length, 1)
  buffer.append(20n, Buffer.from('b'), source)
  assert.deepEqual(shape(buffer.take()!), { from: 15n, end: 21n, last: 20n, rows: ['b'] })
})

test('a full chunk is followed by another', () => {
  const buffer = new PartitionBuffer(origin, 0n, { rows: 2, bytes: 1_000 })
  for (let offset = 0n; offset < 5n; offset++) buffer.append(offset, Buffer.from('x'), source)
  const ranges = [buffer.take(), buffer.take(), buffer.take()].map((chunk) => [chunk?.from, chunk?.end])
  assert.deepEqual(ranges, [
    [0n, 2n],
    [2n, 4n],
    [4n, 5n],
  ])
  const byBytes = new PartitionBuffer(origin, 0n, { rows: 100, bytes: 4 })
  for (let offset = 0n; offset < 3n; offset++) byBytes.append(offset, Buffer.from('xxx'), source)
  assert.deepEqual(byBytes.take()?.rows.map(String), ['xxx', 'xxx'])
})

test('records that become no row fill a chunk, too', () => {
  const buffer = new PartitionBuffer(origin, 0n, { rows: 100, bytes: 4 })
  for (let offset = 0n; offset < 3n; offset++) {
    const record = { offset, value: Buffer.alloc(3) } as unknown as RawRecord
    buffer.refuse({ record, reason: 'malformed_avro' })
  }
  assert.equal(buffer.take()?.refused.length, 2)
})

test('a range in doubt is repeated as it was, however the batches are cut this time', () => {
  const doubt = { from: 5n, end: 9n, last: 7n }
  const buffer = new PartitionBuffer(origin, 5n, roomy, doubt)
  buffer.append(5n, Buffer.from('a'), source)
  buffer.cover(6n)
  assert.equal(buffer.takeable, false)
  assert.deepEqual(buffer.waiting, { records: 0, bytes: 0 })
  buffer.append(7n, Buffer.from('b'), source)
  buffer.append(9n, Buffer.from('c'), source)
  buffer.cover(12n)
  assert.deepEqual(shape(buffer.take()!), { ...doubt, rows: ['a', 'b'] })
  assert.deepEqual(shape(buffer.take()!), { from: 9n, end: 12n, last: 9n, rows: ['c'] })
})

test('a range in doubt is complete with its last record, whether or not more follows', () => {
  const doubt = { from: 5n, end: 9n, last: 7n }
  const buffer = new PartitionBuffer(origin, 5n, roomy, doubt)
  buffer.append(7n, Buffer.from('b'), source)
  buffer.cover(8n)
  assert.deepEqual(shape(buffer.take()!), { ...doubt, rows: ['b'] })
})

test('of a range whose records have expired, what is left is repeated', () => {
  const buffer = new PartitionBuffer(origin, 5n, roomy, { from: 5n, end: 9n, last: 7n })
  buffer.append(30n, Buffer.from('z'), source)
  assert.deepEqual(shape(buffer.take()!), { from: 5n, end: 9n, last: 7n, rows: [] })
  assert.deepEqual(shape(buffer.take()!), { from: 9n, end: 31n, last: 30n, rows: ['z'] })
})

test('however batches, takes and limits fall, chunks follow without a gap and hold every row once', () => {
  const batch = fc.record({
    gaps: fc.array(fc.nat({ max: 3 }), { maxLength: 8 }),
    behind: fc.nat({ max: 2 }),
    take: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(batch),
      fc.integer({ min: 1, max: 4 }),
      fc.nat({ max: 9 }),
      (batches, rows, doubtful) => {
        const doubt: OffsetRange | undefined =
          doubtful === 0 ? undefined : { from: 0n, end: BigInt(doubtful), last: BigInt(doubtful - 1) }
        const buffer = new PartitionBuffer(origin, 0n, { rows, bytes: 1_000 }, doubt)
        const read: string[] = []
        const chunks: Chunk[] = []
        let next = 0n
        for (const { gaps, behind, take } of batches) {
          for (const gap of gaps) {
            next += BigInt(gap)
            buffer.append(next, Buffer.from(String(next)), source)
            read.push(String(next))
            next++
          }
          next += BigInt(behind)
          buffer.cover(next)
          if (take) chunks.push(...[buffer.take()].flatMap((chunk) => chunk ?? []))
        }
        while (buffer.takeable) chunks.push(buffer.take()!)
        if (chunks.length === 0) return
        assert.deepEqual(
          chunks.map(({ from }) => from),
          [0n, ...chunks.slice(0, -1).map(({ end }) => end)],
        )
        assert.deepEqual(
          chunks.flatMap(({ rows }) => rows.map(String)),
          read,
        )
        for (const { from, end, rows } of chunks) {
          assert.ok(rows.every((row) => BigInt(String(row)) >= from && BigInt(String(row)) < end))
        }
        if (doubt !== undefined) assert.equal(chunks[0]!.end, doubt.end)
        assert.ok(chunks.slice(1).every((chunk) => chunk.rows.length <= rows))
      },
    ),
  )
})
