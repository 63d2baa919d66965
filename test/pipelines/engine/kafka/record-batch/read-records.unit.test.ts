import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchError } from '../../../../../pipelines/engine/kafka/record-batch/batch-error.ts'
import { inflate } from '../../../../../pipelines/engine/kafka/record-batch/inflate.ts'
import { readRecords } from '../../../../../pipelines/engine/kafka/record-batch/read-records.ts'
import {
  isControl,
  isTransactional,
  readBatches,
} from '../../../../../pipelines/engine/kafka/record-batch/record-batch.ts'
import { arbitraryBatch } from '../../../../kit/arbitrary-batches.ts'
import { installKafkajsCodecs } from '../../../../kit/kafkajs-codecs.ts'
import { COMPRESSIONS, batchBytes, batchOf, compress } from '../../../../kit/record-batches.ts'

interface KafkajsRecord {
  offset: string
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  headers: object
}

const require = createRequire(import.meta.url)
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object
const kafkajsBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<{
  records: KafkajsRecord[]
  isControlBatch: boolean
  inTransaction: boolean
  producerId: string
  lastOffsetDelta: number
}>
installKafkajsCodecs()

const place = { topic: 'log', partition: 3 }

test('any batch is read as kafkajs reads it', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryBatch, async (options) => {
      const bytes = batchBytes(options)
      const theirs = await kafkajsBatch(new Decoder(bytes))
      const [batch] = readBatches(place, bytes, 0n)
      assert.ok(batch)
      assert.deepEqual(
        {
          isControlBatch: isControl(batch),
          inTransaction: isTransactional(batch),
          producerId: String(batch.producerId),
          lastOffsetDelta: Number(batch.lastOffset - batch.baseOffset),
        },
        {
          isControlBatch: theirs.isControlBatch,
          inTransaction: theirs.inTransaction,
          producerId: theirs.producerId,
          lastOffsetDelta: theirs.lastOffsetDelta,
        },
      )
      assert.deepEqual(
        readRecords(batch, 0n).map(({ topic, partition, offset, timestamp, key, value, headers }) => {
          assert.deepEqual({ topic, partition }, place)
          return { offset: String(offset), timestamp: String(timestamp), key, value, headers }
        }),
        theirs.records.map(({ offset, timestamp, key, value, headers }) => ({
          offset,
          timestamp,
          key,
          value,
          headers,
        })),
      )
    }),
    { numRuns: 1_000 },
  )
})

test('the first value of a header is found without making the others', () => {
  fc.assert(
    fc.property(arbitraryBatch, (options) => {
      const [batch] = readBatches(place, batchBytes(options), 0n)
      for (const record of readRecords(batch!, 0n)) {
        const names = Object.keys(record.headers).filter((name) => /^[ -~]*$/.test(name))
        assert.deepEqual(
          names.map((name) => record.header(name)),
          names.map((name) => [record.headers[name]].flat()[0]),
        )
        assert.equal(record.header('in no record'), undefined)
      }
    }),
  )
})

test('batches are read one after the other, the last left out where the fetch cut it', () => {
  const bytes = Buffer.concat([
    batchBytes({ baseOffset: 5, count: 3 }),
    batchBytes({ baseOffset: 8 }),
    batchBytes({ baseOffset: 20, count: 2 }),
  ])
  const last = batchBytes({ baseOffset: 20, count: 2 }).length
  for (const cut of [0, 1, last - 17, last - 12, last - 1, last]) {
    const offsets = readBatches(place, bytes.subarray(0, bytes.length - cut), 5n).map(
      ({ lastOffset }) => lastOffset,
    )
    assert.deepEqual(offsets, cut === 0 ? [7n, 8n, 21n] : [7n, 8n], `${cut} bytes cut`)
  }
})

test('a batch is read from an offset within it, and one that compaction has emptied holds nothing', () => {
  const offsets = (from: bigint) =>
    readRecords(batchOf({ baseOffset: 5, count: 3 }), from).map(({ offset }) => offset)
  assert.deepEqual(offsets(0n), [5n, 6n, 7n])
  assert.deepEqual(offsets(7n), [7n])
  assert.deepEqual(offsets(8n), [])
  for (const compression of COMPRESSIONS) {
    const emptied = batchOf({ baseOffset: 5, records: [], lastOffsetDelta: 4, compression })
    assert.deepEqual([readRecords(emptied, 0n), emptied.lastOffset], [[], 9n])
  }
})

const wellKnown = Buffer.from('log'.repeat(100_000))
/** As snappy-java writes it: its name, two versions, then blocks that their length precedes. */
function snappyStream(bytes: Buffer): Buffer {
  const length = (block: Buffer) => Buffer.from([0, 0, block.length >> 8, block.length & 0xff])
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  const blocks = [bytes.subarray(0, 32_768), bytes.subarray(32_768)].map(compress.snappy)
  return Buffer.concat([header, ...blocks.flatMap((block) => [length(block), block])])
}

const compressed: [name: string, number: number, bytes: Buffer][] = [
  ['gzip', 1, compress.gzip(wellKnown)],
  ['snappy', 2, compress.snappy(wellKnown)],
  ['snappy', 2, snappyStream(wellKnown)],
  ['lz4', 3, compress.lz4(wellKnown)],
  ['zstd', 4, compress.zstd(wellKnown)],
]
for (const [name, number, bytes] of compressed)
  test(`${name} (${bytes.length} bytes) inflates to what it was, and to no more than it may`, () => {
    assert.ok(inflate(number, bytes).equals(wellKnown))
    assert.ok(inflate(number, bytes, 400_000).equals(wellKnown))
    assert.throws(
      () => inflate(number, bytes, 200_000),
      new RegExp(`its ${name} inflates to more than 200000 bytes: have it written in smaller batches`),
    )
    // Node's zstd takes what is cut for all there is: that records are missing is seen when they are read.
    if (name !== 'zstd')
      assert.throws(() => inflate(number, bytes.subarray(0, -9)), { name: 'MalformedError' })
    assert.throws(() => inflate(number, Buffer.alloc(40, 0xff)), { name: 'MalformedError' })
  })

const refused: [what: string, bytes: () => Buffer, message: RegExp][] = [
  ['another checksum', () => flipped(batchBytes({ baseOffset: 7 }), 62), /^log:3 at offset 7: .*CRC-32C/],
  ['a format of before Kafka 0.11', () => withByte(16, 1), /at offset 5: its messages have format 1/],
  ['a format to come', () => withByte(16, 3), /has format 3, which this version does not know/],
  ['a length that is none', () => withByte(8, 0x80), /says that it has -\d+ bytes/],
  [
    'offsets that go back',
    () => Buffer.concat([batchBytes({ baseOffset: 7 }), batchBytes({ baseOffset: 7 })]),
    /at offset 8: a record batch of offset 7 follows/,
  ],
  [
    'a compression that is none',
    () => batchBytes({ body: Buffer.alloc(0), compression: 'none', records: [{}] }),
    /too short for its 1 records/,
  ],
  [
    'bytes behind its records',
    () =>
      batchBytes({
        body: Buffer.concat([Buffer.from([12, 0, 0, 0, 1, 1, 0]), Buffer.alloc(9)]),
        records: [{}],
      }),
    /there are bytes behind its 1 records/,
  ],
  [
    'a record of another length',
    () => batchBytes({ records: [{}], body: Buffer.from([14, 0, 0, 0, 1, 1, 0]) }),
    /its record 0 has another length than it says/,
  ],
  [
    'an offset twice',
    () => batchBytes({ records: [{ offsetDelta: 1 }, { offsetDelta: 1 }] }),
    /offset 1 follows 1 in it/,
  ],
  [
    'an offset behind its last',
    () => batchBytes({ records: [{ offsetDelta: 2 }], lastOffsetDelta: 1 }),
    /offset 2 follows -1/,
  ],
]
for (const [what, bytes, message] of refused)
  test(`a batch with ${what} is refused by an error that says where it lies`, () => {
    assert.throws(
      () => readBatches(place, bytes(), 5n).flatMap((batch) => readRecords(batch, 0n)),
      (error) => error instanceof BatchError && message.test(error.message),
    )
  })

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1
  return bytes
}

function withByte(at: number, value: number): Buffer {
  const bytes = batchBytes({ baseOffset: 5 })
  bytes[at] = value
  return bytes
}
