import { deflateRawSync, inflateRawSync } from 'node:zlib'
import avro from 'avsc'
import { schemaIdOf } from '../../schemas/codec.ts'
import { type DeadLetter, type DeadLetterKind, kindOf } from '../../schemas/dead-letter.ts'
import { type SealingKey, seal, unseal } from '../../schemas/seal.ts'
import { knownSource } from '../../schemas/source.ts'
import { type RawRecord, headerText, headersByName } from './raw-record.ts'

/** Of a key, of a value and of all headers: with them a letter stays below what `dead-letters` takes. */
const MOST_BYTES = 1_200_000
/** Of the three together. */
const MOST_SEALED_BYTES = 3 * MOST_BYTES
/** Records come in batches that inflate to 64 MiB at most. */
const MOST_INFLATED_BYTES = 80 * 1024 * 1024

/** What the reason of a letter ends with whose record was larger than it takes. */
export const CUT = '_cut'

/** The original record's content, as it is sealed. */
export interface Original {
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
  /** What the error behind it calls itself: in capitals or snake_case. */
  code?: string | undefined
  /** Kafka's id of the record's topic, if that is known. */
  topicId?: string | undefined
}

/**
 * Makes a dead letter: what may be read by anyone in the clear, the record's own bytes sealed. One that is larger than a letter takes, as
 * one that came compressed may be, is compressed; if it is still too large, its beginnings are sealed, and the reason ends with `_cut`.
 */
export function sealDeadLetter(
  key: SealingKey,
  record: RawRecord,
  { stage, kind, reason, code, topicId }: Failure,
): DeadLetter {
  const id = `${stage}:${record.topic}:${record.partition}:${record.offset}`
  const { sealed, original, cut, deflated } = sealedOf(key, id, record)
  const letter: Omit<DeadLetter, 'summary'> = {
    id,
    stage,
    kind: kind === 'late' ? 'step' : kind,
    reason: cut ? `${reason}${CUT}` : reason,
    topic: record.topic,
    partition: record.partition,
    offset: Number(record.offset),
    timestamp: record.timestamp,
    schemaId: schemaIdOf(record.value) ?? null,
    source: sourceOf(record),
    keyId: key.id,
    sealed,
    deflated,
    attempt: record.refusals ?? 0,
    topicId: topicId ?? null,
    late: kind === 'late',
    errorCode: code !== undefined && SAFE_CODE.test(code) ? code : `${kind}_${reason}`.toUpperCase(),
    traceId: traceOf(record),
  }
  return { ...letter, summary: summaryOf(letter, original) }
}

/** What a letter of that id holds, sealed. @throws RangeError for more than a letter takes, be it compressed */
export function sealOriginal(
  key: SealingKey,
  id: string,
  original: Original,
): Pick<DeadLetter, 'sealed' | 'deflated' | 'keyId'> {
  const tooLarge = () => new RangeError(`${id} would be larger than a letter may be`)
  const bytes = originalType.toBuffer(original)
  if (bytes.length > MOST_INFLATED_BYTES) throw tooLarge()
  const deflated = bytes.length > MOST_SEALED_BYTES
  const text = deflated ? deflateRawSync(bytes, { level: 1 }) : bytes
  if (text.length > MOST_SEALED_BYTES) throw tooLarge()
  return { sealed: seal(key, id, text), deflated, keyId: key.id }
}

/** The record's key, value and headers, byte for byte. @throws if the key is another or the letter was changed. */
export function openDeadLetter(key: SealingKey, letter: DeadLetter): Original {
  const text = unseal(key, letter.id, letter.sealed)
  const bytes = letter.deflated ? inflateRawSync(text, { maxOutputLength: MOST_INFLATED_BYTES }) : text
  return originalType.fromBuffer(bytes) as Original
}

function sealedOf(key: SealingKey, id: string, record: RawRecord) {
  const whole = wholeOf(record)
  try {
    return { original: whole, cut: false, ...sealOriginal(key, id, whole) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const original = beginningsOf(whole)
    return { original, cut: true, ...sealOriginal(key, id, original) }
  }
}

/** Whether only the beginnings of a record were kept, so that it cannot be replayed. */
export const isCut = ({ reason }: Pick<DeadLetter, 'reason'>): boolean => reason.endsWith(CUT)

/**
 * The record that was set aside, as its stage took it: where it lay, when it was appended, what it held, and how often it has been refused.
 * @throws as {@link openDeadLetter}
 */
export function recordOf(key: SealingKey, letter: DeadLetter): RawRecord {
  const { topic, partition, offset, timestamp, attempt } = letter
  const { key: itsKey, value, headers } = openDeadLetter(key, letter)
  return {
    topic,
    partition,
    offset: BigInt(offset),
    timestamp,
    key: itsKey,
    value,
    headers: headersByName(headers.map((each) => [each.name, each.value])),
    refusals: attempt + 1,
  }
}

/** Of sizes and numbers alone: a name of a header, too, may be anything. */
function summaryOf(letter: Omit<DeadLetter, 'summary'>, { key, value, headers }: Original): string {
  const { stage, reason, topic, partition, offset, schemaId } = letter
  const schema = schemaId === null ? '' : ` of schema ${schemaId}`
  const size = value === null ? 'no value' : `value ${value.length} B${schema}`
  return (
    `${stage} refused ${topic}[${partition}]@${offset}: ${kindOf(letter)}, ${reason}; ` +
    `${size}, ${key === null ? 'no key' : `key ${key.length} B`}, headers ${headers.length}`
  )
}

/** A code may come from elsewhere: one that could hold anything is not told. */
const SAFE_CODE = /^([A-Z][A-Z0-9_]{1,63}|[a-z][a-z0-9_]{1,63})$/
const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

function traceOf({ headers }: RawRecord): string | null {
  return TRACE_PARENT.exec(headerText(headers, 'traceparent') ?? '')?.[1] ?? null
}

function sourceOf({ headers }: RawRecord): string | null {
  const source = headerText(headers, 'source')
  return source === null ? null : knownSource(source)
}

function wholeOf({ key, value, headers }: RawRecord): Original {
  const all = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((each) => ({ name, value: bytesOf(each ?? null) })),
  )
  return { key, value, headers: all }
}

function beginningsOf({ key, value, headers }: Original): Original {
  let bytes = 0
  const begin = (part: Buffer | null) => part?.subarray(0, MOST_BYTES) ?? null
  const kept = headers.filter((header) => (bytes += sizeOf(header)) <= MOST_BYTES)
  return { key: begin(key), value: begin(value), headers: kept }
}

const sizeOf = ({ name, value }: Original['headers'][number]) =>
  Buffer.byteLength(name) + (value?.length ?? 0)

const bytesOf = (value: Buffer | string | null) => (value === null ? null : Buffer.from(value))
