import avro from 'avsc'
import { schemaIdOf } from '../../schemas/codec.ts'
import type { DeadLetter, DeadLetterKind } from '../../schemas/dead-letter.ts'
import { type SealingKey, seal, unseal } from '../../schemas/seal.ts'
import { knownSource } from '../../schemas/source.ts'
import { type RawRecord, headerText } from './raw-record.ts'

/** Of a key, of a value and of all headers: with them a letter stays below what `dead-letters` takes. */
const MOST_BYTES = 1_200_000

/** The original record's content, as it is sealed. */
interface Original {
  key: Buffer | null
  value: Buffer | null
  headers: { name: string; value: Buffer | null }[]
}

const originalType = avro.Type.forSchema({
  type: 'record',
  name: 'Original',
  fields: [
    { name: 'key', type: ['null', 'bytes'] },
    { name: 'value', type: ['null', 'bytes'] },
    {
      name: 'headers',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Header',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'value', type: ['null', 'bytes'] },
          ],
        },
      },
    },
  ],
})

export type { SealingKey }

/** What is known of a failure, apart from the record. */
export interface Failure {
  /** The topology or sink that set the record aside. */
  stage: string
  kind: DeadLetterKind
  /** snake_case. */
  reason: string
}

/**
 * Makes a dead letter: what may be read by anyone in the clear, the record's own bytes sealed. Of a record that is larger
 * than a letter takes it seals the beginnings, and adds `_cut` to the reason.
 */
export function sealDeadLetter(
  key: SealingKey,
  record: RawRecord,
  { stage, kind, reason }: Failure,
): DeadLetter {
  const id = `${stage}:${record.topic}:${record.partition}:${record.offset}`
  const { original, cut } = originalOf(record)
  return {
    id,
    stage,
    kind,
    reason: cut ? `${reason}_cut` : reason,
    topic: record.topic,
    partition: record.partition,
    offset: Number(record.offset),
    timestamp: record.timestamp,
    schemaId: schemaIdOf(record.value) ?? null,
    source: sourceOf(record),
    keyId: key.id,
    sealed: seal(key, id, originalType.toBuffer(original)),
  }
}

/** The record's key, value and headers, byte for byte. @throws if the key is another or the letter was changed. */
export function openDeadLetter(key: SealingKey, letter: DeadLetter): Original {
  return originalType.fromBuffer(unseal(key, letter.id, letter.sealed)) as Original
}

function sourceOf({ headers }: RawRecord): string | null {
  const source = headerText(headers, 'source')
  return source === null ? null : knownSource(source)
}

/** What a record holds, cut where it is more than a letter takes: one that came compressed may be of any size. */
function originalOf({ key, value, headers }: RawRecord): { original: Original; cut: boolean } {
  const all = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((each) => ({ name, value: bytesOf(each ?? null) })),
  )
  let bytes = 0
  const kept = all.filter((header) => (bytes += sizeOf(header)) <= MOST_BYTES)
  const isLong = (part: Buffer | null) => part !== null && part.length > MOST_BYTES
  const begin = (part: Buffer | null) => part?.subarray(0, MOST_BYTES) ?? null
  return {
    original: { key: begin(key), value: begin(value), headers: kept },
    cut: isLong(key) || isLong(value) || kept.length < all.length,
  }
}

const sizeOf = ({ name, value }: Original['headers'][number]) =>
  Buffer.byteLength(name) + (value?.length ?? 0)

const bytesOf = (value: Buffer | string | null) => (value === null ? null : Buffer.from(value))
