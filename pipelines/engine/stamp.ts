import type { RawRecord } from './raw-record.ts'

type WithHeaders = Pick<RawRecord, 'headers' | 'header'>

/**
 * By this header a row keeps its times through a repartition topic. Numbers are big-endian, times are doubles, ms since 1970:
 *
 *     row      event time (8)  carried time (8)  upstream partition (4)  watermark (8), left out where it is the carried time
 *     marker   watermark (8)   upstream partition (4)  1 if idle (1); no key, no value
 */
export const STAMP_HEADER = 'continuo-time'

/** What goes with a row through a repartition topic. */
export interface Stamp {
  /** Event time. */
  readonly time: number
  /** Stream time of its source when it was read there: what is late by this is late. */
  readonly carried: number
  /** Partition index of the task that wrote it. */
  readonly upstream: number
  /** Stream time of that task. */
  readonly watermark: number
}

/** What a task says of its time to those who may get no row of it for long. */
export interface Marker {
  readonly watermark: number
  readonly upstream: number
  /** It has read all that there is to read: nobody need wait for it. */
  readonly idle: boolean
}

const ROW_BYTES = 20
const ROW_BYTES_WITH_WATERMARK = 28
const MARKER_BYTES = 13

export function encodeStamp({ time, carried, upstream, watermark }: Stamp): Buffer {
  const bytes = Buffer.allocUnsafe(watermark === carried ? ROW_BYTES : ROW_BYTES_WITH_WATERMARK)
  bytes.writeDoubleBE(time)
  bytes.writeDoubleBE(carried, 8)
  bytes.writeInt32BE(upstream, 16)
  if (watermark !== carried) bytes.writeDoubleBE(watermark, 20)
  return bytes
}

export function encodeMarker({ watermark, upstream, idle }: Marker): Buffer {
  const bytes = Buffer.allocUnsafe(MARKER_BYTES)
  bytes.writeDoubleBE(watermark)
  bytes.writeInt32BE(upstream, 8)
  bytes.writeUInt8(idle ? 1 : 0, 12)
  return bytes
}

/** Undefined where there is none, or none that can be used. */
export function stampIn(record: WithHeaders): Stamp | undefined {
  const bytes = stampBytes(record)
  if (bytes?.length !== ROW_BYTES && bytes?.length !== ROW_BYTES_WITH_WATERMARK) return undefined
  const carried = bytes.readDoubleBE(8)
  return {
    time: bytes.readDoubleBE(),
    carried,
    upstream: bytes.readInt32BE(16),
    watermark: bytes.length === ROW_BYTES ? carried : bytes.readDoubleBE(20),
  }
}

export function markerIn(record: WithHeaders): Marker | undefined {
  const bytes = stampBytes(record)
  if (bytes?.length !== MARKER_BYTES) return undefined
  return { watermark: bytes.readDoubleBE(), upstream: bytes.readInt32BE(8), idle: bytes[12] === 1 }
}

/** Whether a record is no row but says of a task how far it has come. */
export const isMarker = (record: WithHeaders) => stampBytes(record)?.length === MARKER_BYTES

function stampBytes(record: WithHeaders): Buffer | undefined {
  if (record.header !== undefined) return record.header(STAMP_HEADER) ?? undefined
  const header = [record.headers[STAMP_HEADER]].flat()[0]
  return Buffer.isBuffer(header) ? header : undefined
}
