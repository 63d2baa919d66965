import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchError } from '../../../../../pipelines/engine/kafka/record-batch/batch-error.ts'
import { readRecords } from '../../../../../pipelines/engine/kafka/record-batch/read-records.ts'
import { AT, readBatches } from '../../../../../pipelines/engine/kafka/record-batch/record-batch.ts'
import { arbitraryBatch } from '../../../../kit/arbitrary-batches.ts'
import { batchBytes, sealed } from '../../../../kit/record-batches.ts'

/** By hand, `FUZZ_BATCHES=500000 node --test --test-timeout=3600000` and this file: a million in all, some minutes. */
const RUNS = Number(process.env['FUZZ_BATCHES'] ?? 4_000)
const place = { topic: 'log', partition: 0 }

/** What is done to the bytes of a batch, at a place that may be anywhere. */
const mutation = fc.record({
  does: fc.constantFrom('flip', 'set', 'cut', 'insert', 'remove', 'repeat'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x55),
  length: fc.integer({ min: 1, max: 9 }),
})

function mutate(
  bytes: Buffer,
  { does, at, byte, length }: typeof mutation extends fc.Arbitrary<infer M> ? M : never,
) {
  const from = Math.floor(at * bytes.length)
  const [head, tail] = [bytes.subarray(0, from), bytes.subarray(from)]
  if (does === 'cut') return head
  if (does === 'insert') return Buffer.concat([head, Buffer.alloc(length, byte), tail])
  if (does === 'remove') return Buffer.concat([head, tail.subarray(length)])
  if (does === 'repeat') return Buffer.concat([bytes.subarray(0, from + length), tail])
  const changed = Buffer.from(bytes)
  if (from < changed.length) changed[from] = does === 'flip' ? changed[from]! ^ (byte | 1) : byte
  return changed
}

function read(bytes: Buffer) {
  return readBatches(place, bytes, 0n).flatMap((batch) =>
    readRecords(batch, batch.baseOffset).map(({ offset, timestamp, key, value, headers }) => ({
      delta: offset - batch.baseOffset,
      timestamp,
      key,
      value,
      headers,
    })),
  )
}

/** What is read of bytes, or undefined if they are refused as such: anything else that is thrown is a bug. */
function readOrRefused(bytes: Buffer) {
  try {
    return read(bytes)
  } catch (error) {
    assert.ok(error instanceof BatchError, String(error))
    assert.match(error.message, /^log:0 at offset -?\d+: ./)
    return undefined
  }
}

test('of a batch whose bytes have changed no record is read but those that were written', () => {
  fc.assert(
    fc.property(arbitraryBatch, fc.array(mutation, { minLength: 1, maxLength: 3 }), (options, mutations) => {
      const written = batchBytes(options)
      const records = readOrRefused(mutations.reduce(mutate, written))
      // The place of a batch is outside its checksum; what is shorter than it says is taken for cut by the fetch.
      if (records !== undefined && records.length > 0) assert.deepEqual(records, read(written))
    }),
    { numRuns: RUNS },
  )
})

test('of a batch whose checksum is right and whose bytes are not, no more is read than it can hold', () => {
  fc.assert(
    fc.property(arbitraryBatch, fc.array(mutation, { minLength: 1, maxLength: 3 }), (options, mutations) => {
      const checked = mutations.reduce(mutate, batchBytes(options).subarray(AT.attributes))
      if (checked.length < AT.records - AT.attributes) return
      const count = checked.readInt32BE(AT.count - AT.attributes)
      const records = readOrRefused(sealed(options.baseOffset ?? 0, checked))
      if (records !== undefined) assert.equal(records.length, count)
    }),
    { numRuns: RUNS },
  )
})
