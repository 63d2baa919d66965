import { crc32c } from '@node-rs/crc32'
import type { Batch, Message } from 'kafkajs'
import { createRequire } from 'node:module'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import { carrierOf } from '../../pipelines/engine/kafka/fetched.ts'
import type { batchMessage } from '../../pipelines/engine/kafka/produce-batches.ts'
import type { FetchedRecord } from '../../pipelines/engine/kafka/record-batch/fetched-record.ts'
import { readRecords } from '../../pipelines/engine/kafka/record-batch/read-records.ts'
import { type RecordBatch, readBatches } from '../../pipelines/engine/kafka/record-batch/record-batch.ts'

interface KafkajsEncoder {
  buffer: Buffer
  writeInt8(value: number): KafkajsEncoder
  writeInt16(value: number): KafkajsEncoder
  writeInt32(value: number): KafkajsEncoder
  writeUInt32(value: number): KafkajsEncoder
  writeInt64(value: string): KafkajsEncoder
  writeBuffer(bytes: Buffer): KafkajsEncoder
}

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder') as new () => KafkajsEncoder
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (
  record: object,
) => KafkajsEncoder

/** A record as kafkajs encodes it; the delta of its offset is its place in the batch unless said. */
export interface RecordOfBatch {
  key?: Buffer | null
  value?: Buffer | null
  headers?: Record<string, Buffer | Buffer[]>
  offsetDelta?: number
  timestampDelta?: number
}

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export interface BatchOptions {
  baseOffset?: number | bigint
  /** Records, or how many small ones. */
  records?: readonly RecordOfBatch[]
  count?: number
  /** What compaction has left of the batch. Default: its last record is there. */
  lastOffsetDelta?: number
  compression?: (typeof COMPRESSIONS)[number]
  baseTimestamp?: number
  maxTimestamp?: number
  logAppendTime?: boolean
  transactional?: boolean
  producerId?: number
  producerEpoch?: number
  /** A control batch that ends a transaction so. */
  marker?: 'abort' | 'commit'
  /** In place of the encoded records. */
  body?: Buffer
}

/** As producers compress the records of a batch. */
export const compress: Record<(typeof COMPRESSIONS)[number], (bytes: Buffer) => Buffer> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  snappy: (bytes) => compressSync(bytes),
  lz4: (bytes) => compressFrameSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
}

const markerOf = (kind: 'abort' | 'commit'): RecordOfBatch => ({
  key: Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1]),
  value: Buffer.alloc(6),
})

/** The bytes of a batch as a broker keeps it, its records encoded by kafkajs. */
export function batchBytes(options: BatchOptions): Buffer {
  const { marker, count = 1, compression = 'none', baseTimestamp = 1_000, producerId = -1 } = options
  const small = Array.from({ length: count }, (_, index) => ({ key: null, value: Buffer.from([index]) }))
  const records = marker === undefined ? (options.records ?? small) : [markerOf(marker)]
  const numbered = records.map((record, index) => ({
    offsetDelta: index,
    timestampDelta: 0,
    key: null,
    value: null,
    ...record,
  }))
  const flags = [options.logAppendTime, options.transactional, marker !== undefined]
  const bits = flags.reduce((sum, flag, index) => sum + (flag === true ? 0x8 << index : 0), 0)
  const encoded = Buffer.concat(numbered.map((record) => encodeRecord(record).buffer))
  const checked = new Encoder()
    .writeInt16(COMPRESSIONS.indexOf(compression) + bits)
    .writeInt32(options.lastOffsetDelta ?? numbered.at(-1)?.offsetDelta ?? 0)
    .writeInt64(String(baseTimestamp))
    .writeInt64(String(options.maxTimestamp ?? baseTimestamp))
    .writeInt64(String(producerId))
    .writeInt16(options.producerEpoch ?? (producerId < 0 ? -1 : 0))
    .writeInt32(producerId < 0 ? -1 : 0)
    .writeInt32(numbered.length)
    .writeBuffer(options.body ?? compress[compression](encoded)).buffer
  return sealed(options.baseOffset ?? 0, checked)
}

/** A batch around what its checksum covers, with the right checksum. */
export function sealed(baseOffset: number | bigint, checked: Buffer): Buffer {
  const behindLength = 9
  const header = new Encoder()
    .writeInt64(String(baseOffset))
    .writeInt32(behindLength + checked.length)
    .writeInt32(0)
    .writeInt8(2)
    .writeUInt32(crc32c(checked)).buffer
  return Buffer.concat([header, checked])
}

/** The same as the engine reads it, of topic `log`. */
export function batchOf(options: BatchOptions, partition = 0): RecordBatch {
  const [batch] = readBatches({ topic: 'log', partition }, batchBytes(options), 0n)
  if (batch === undefined) throw new Error('no batch')
  return batch
}

/** What a consumer of the engine is given of a fetch that has brought small records with these offsets of `log`. */
export function fetchedBatch(partition: number, offsets: readonly number[]): Batch {
  const baseOffset = offsets[0] ?? 0
  const records = offsets.map((offset) => ({ offsetDelta: offset - baseOffset }))
  const batches = [batchOf({ baseOffset, records }, partition)]
  const messages = carrierOf(batches, batches, 0n, BigInt(offsets.at(-1) ?? 0) + 1n)
  return { topic: 'log', partition, messages } as unknown as Batch
}

/** The records of a batch that is to be sent as this message of kafkajs. */
export function sentRecords(topic: string, message: Message): FetchedRecord[] {
  const { partition, batch } = message as unknown as ReturnType<typeof batchMessage>
  const place = { topic, partition }
  const bytes = batch.seal({ ...place, producerId: 1n, producerEpoch: 0 })
  // Its buffer is used again, and records lie in it.
  return readBatches(place, Buffer.from(bytes), 0n).flatMap((each) => readRecords(each, 0n))
}
