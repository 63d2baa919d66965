import type { Codec } from '../../schemas/codec.ts'
import { topics } from '../../schemas/topics.ts'
import type { SimulatedMessage } from './simulation.ts'

/** An id that no registry gives out: they count from 1. */
const UNKNOWN_SCHEMA_ID = 0x7fff_ffff

/** A record of topic `plays`. The broker stamps it. */
export interface PlayRecord {
  key: string
  value: Buffer | null
  headers: { source: string }
}

/** What goes to Kafka for a message; its flaw, if it has one, included. */
export function playRecord(message: SimulatedMessage, codec: Codec): PlayRecord {
  const { userId, source } = message.play
  return { key: userId, value: valueOf(message, codec), headers: { source } }
}

function valueOf(message: SimulatedMessage, codec: Codec): Buffer | null {
  if (message.kind !== 'malformed') return codec.encode(topics.plays, message.play)
  const { flaw, noise } = message
  if (flaw === 'null_value') return null
  if (flaw === 'random_bytes') return notWireFormat(noise)
  const sound = codec.encode(topics.plays, message.play)
  if (flaw === 'unknown_schema_id') sound.writeInt32BE(UNKNOWN_SCHEMA_ID, 1)
  if (flaw === 'truncated_avro') return sound.subarray(0, sound.length - 1 - (noise[0]! % 8))
  return sound
}

/** Noise without the magic byte 0 of the wire format, so that what is wrong with it is certain. */
function notWireFormat(noise: Buffer): Buffer {
  const bytes = Buffer.from(noise)
  if (bytes[0] === 0) bytes[0] = 0xff
  return bytes
}
