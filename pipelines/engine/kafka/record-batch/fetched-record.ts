import type { IHeaders } from 'kafkajs'
import { schemaIdAt } from '../../../../schemas/codec.ts'
import { type RawRecord, headersByName } from '../../raw-record.ts'
import { MalformedError } from './batch-error.ts'
import { Cursor } from './cursor.ts'
import type { RecordBatch } from './record-batch.ts'

/**
 * A record that still lies in its batch: key, value and headers are made when they are first asked for, since most
 * topologies read the value alone.
 */
export class FetchedRecord implements RawRecord {
  readonly topic: string
  readonly partition: number
  readonly timestamp: number
  /** What key, value and headers take in the batch. */
  readonly bytes: number
  readonly #baseOffset: bigint
  readonly #offsetDelta: number
  readonly #in: Buffer
  readonly #keyEnd: number
  readonly #keyLength: number
  readonly #valueEnd: number
  readonly #valueLength: number
  #key: Buffer | null | undefined
  #value: Buffer | null | undefined
  #headers: IHeaders | undefined

  /** `cursor` stands before the length of the key, and is moved past the headers. */
  constructor(
    { topic, partition, baseOffset }: RecordBatch,
    offsetDelta: number,
    timestamp: number,
    cursor: Cursor,
  ) {
    const from = cursor.at
    this.topic = topic
    this.partition = partition
    this.#baseOffset = baseOffset
    this.#offsetDelta = offsetDelta
    this.timestamp = timestamp
    this.#in = cursor.bytes
    this.#keyLength = cursor.skipNullable()
    this.#keyEnd = cursor.at
    this.#valueLength = cursor.skipNullable()
    this.#valueEnd = cursor.at
    skipHeaders(cursor)
    this.bytes = cursor.at - from
  }

  /** Made when it is asked for: a bigint is an object, and few records are asked. */
  get offset(): bigint {
    return this.#baseOffset + BigInt(this.#offsetDelta)
  }

  get keyText(): string | null {
    if (this.#keyLength < 0) return null
    return this.#in.toString('utf8', this.#keyEnd - this.#keyLength, this.#keyEnd)
  }

  get key(): Buffer | null {
    return (this.#key ??= before(this.#in, this.#keyEnd, this.#keyLength))
  }

  get schemaId(): number | undefined {
    return schemaIdAt(this.#in, this.#valueEnd - this.#valueLength, this.#valueEnd)
  }

  get value(): Buffer | null {
    return (this.#value ??= before(this.#in, this.#valueEnd, this.#valueLength))
  }

  /** `name` is of ASCII. */
  header(name: string): Buffer | null | undefined {
    const cursor = new Cursor(this.#in, this.#valueEnd)
    for (let count = cursor.varint(); count > 0; count -= 1) {
      const found = cursor.skipNullable() === name.length && cursor.hasPassed(name)
      const length = cursor.skipNullable()
      if (found) return before(this.#in, cursor.at, length)
    }
    return undefined
  }

  /** As kafkajs has them: a name that occurs more than once has all its values in order. */
  get headers(): IHeaders {
    return (this.#headers ??= readHeaders(new Cursor(this.#in, this.#valueEnd)))
  }
}

/** The bytes of which the last is before `end`; null has the length -1. */
const before = (bytes: Buffer, end: number, length: number) =>
  length < 0 ? null : bytes.subarray(end - length, end)

function skipHeaders(cursor: Cursor): void {
  const count = cursor.varint()
  if (count < 0) throw new MalformedError(`a record says that it has ${count} headers`)
  for (let index = 0; index < count; index += 1) {
    if (cursor.skipNullable() < 0) throw new MalformedError('a header has no name')
    cursor.skipNullable()
  }
}

function readHeaders(cursor: Cursor): IHeaders {
  let count = cursor.varint()
  if (count === 0) return {}
  const headers: [name: string, value: Buffer | null][] = []
  for (; count > 0; count -= 1) headers.push([(readNullable(cursor) ?? '').toString(), readNullable(cursor)])
  return headersByName(headers)
}

function readNullable(cursor: Cursor): Buffer | null {
  const length = cursor.skipNullable()
  return before(cursor.bytes, cursor.at, length)
}
