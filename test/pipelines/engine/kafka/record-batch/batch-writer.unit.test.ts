import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  BatchWriter,
  type RecordToWrite,
} from '../../../../../pipelines/engine/kafka/record-batch/batch-writer.ts'
import { readRecords } from '../../../../../pipelines/engine/kafka/record-batch/read-records.ts'
import { readBatches } from '../../../../../pipelines/engine/kafka/record-batch/record-batch.ts'

interface KafkajsBatch {
  records: { offset: string; timestamp: string; key: Buffer; value: Buffer | null; headers: object }[]
  producerId: string
  producerEpoch: number
  firstSequence: number
  inTransaction: boolean
  isControlBatch: boolean
}

const require = createRequire(import.meta.url)
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object
const kafkajsDecoder = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<KafkajsBatch>
const kafkajsRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object
const { RecordBatch: kafkajsEncoder } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<{ buffer: Buffer }>
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((each) => Buffer.from(each))
const record: fc.Arbitrary<RecordToWrite> = fc
  .record({
    key: fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 70 }),
      fc.string({ minLength: 60, maxLength: 9_000 }),
    ),
    value: fc.option(
      fc.oneof(
        bytes(300),
        fc.nat(40_000).map((length) => Buffer.alloc(length, 7)),
      ),
      { nil: null },
    ),
    headers: fc.option(
      fc.dictionary(
        fc.string({ minLength: 1, maxLength: 6 }).filter((name) => !(name in {})),
        bytes(80),
        {
          maxKeys: 3,
          noNullPrototype: true,
        },
      ),
    ),
  })
  .map(({ headers, ...rest }) => ({ ...rest, ...(headers !== null && { headers }) }))
const producer = fc.record({
  producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  producerEpoch: fc.nat(2 ** 15 - 1),
  baseSequence: fc.nat(2 ** 31 - 1),
})
const time = fc.nat(2 ** 31 - 1).map((seconds) => seconds * 1_000 + 7)

/** One writer for all, whose buffer is used again. */
const writer = new BatchWriter()
function written(
  records: RecordToWrite[],
  by: Parameters<BatchWriter['seal']>[0],
  timestamp: number,
): Buffer {
  writer.reset()
  for (const each of records) writer.add(each)
  assert.equal(writer.count, records.length)
  const batch = writer.seal(by, timestamp)
  assert.equal(batch.length, writer.size)
  return Buffer.from(batch)
}

test('any records are the same bytes that kafkajs writes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 90 }),
      producer,
      time,
      async (records, by, timestamp) => {
        const theirs = await kafkajsEncoder({
          records: records.map(({ key, value, headers = {} }, index) =>
            kafkajsRecord({ offsetDelta: index, timestampDelta: 0, key, value, headers }),
          ),
          firstTimestamp: timestamp,
          maxTimestamp: timestamp,
          partitionLeaderEpoch: -1,
          lastOffsetDelta: records.length - 1,
          transactional: true,
          producerId: String(by.producerId),
          producerEpoch: by.producerEpoch,
          firstSequence: by.baseSequence,
        })
        assert.ok(written(records, by, timestamp).equals(theirs.buffer))
      },
    ),
    { numRuns: 300 },
  )
})

test('any records are read back as they were, by kafkajs and by us', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 30 }),
      producer,
      time,
      async (records, by, timestamp) => {
        const batch = written(records, by, timestamp)
        const expected = records.map(({ key, value, headers = {} }, index) => ({
          offset: String(index),
          timestamp: String(timestamp),
          key: Buffer.from(key),
          value,
          headers,
        }))
        const theirs = await kafkajsDecoder(new Decoder(batch))
        assert.deepEqual(
          theirs.records.map(({ offset, timestamp: at, key, value, headers }) => ({
            offset,
            timestamp: at,
            key,
            value,
            headers,
          })),
          expected,
        )
        assert.deepEqual(
          [
            theirs.producerId,
            theirs.producerEpoch,
            theirs.firstSequence,
            theirs.inTransaction,
            theirs.isControlBatch,
          ],
          [String(by.producerId), by.producerEpoch, by.baseSequence, true, false],
        )
        const ours = readBatches({ topic: 'log', partition: 0 }, batch, 0n).flatMap((each) =>
          readRecords(each, 0n),
        )
        assert.deepEqual(
          ours.map(({ offset, timestamp: at, key, value, headers }) => ({
            offset: String(offset),
            timestamp: String(at),
            key,
            value,
            headers,
          })),
          expected,
        )
      },
    ),
    { numRuns: 300 },
  )
})
