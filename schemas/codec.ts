import type avro from 'avsc'
import pLimit from 'p-limit'
import { ByteReader, MalformedError } from './avro/byte-reader.ts'
import { IncompatibleError, type Read, compileReader } from './avro/compile-reader.ts'
import { parseSchema } from './avro/parse.ts'
import { ByteWriter } from './byte-writer.ts'
import type { EventSchema } from './event-schema.ts'
import type { RegisteredReference, SchemaRegistry } from './registry.ts'
import type { Topic } from './topic.ts'

/** Why bytes could not be read; `reason` is what a dead letter carries. */
export class DecodeError extends Error {
  readonly reason: string
  constructor(reason: string, cause?: unknown) {
    super(`cannot decode: ${reason}`, { cause })
    this.name = 'DecodeError'
    this.reason = reason
  }
}

/** What a schema uses of others, as it is registered. */
const referencesOf = ({ options }: EventSchema<unknown>): RegisteredReference[] =>
  (options.references ?? []).map(({ subject, schema }) => ({
    subject,
    name: schema.type.name!,
    text: schema.text,
    references: referencesOf(schema),
  }))

const HEADER_BYTES = 5
const CONFLUENT_MAGIC = 0
/** So long a schema that the registry did not know is not asked for again: it may be registered any time. */
const UNKNOWN_FOR_MS = 10_000
/** Garbage has ids at random: of more than so many those are forgotten that nobody can still be about to decode. */
const MOST_UNKNOWN = 10_000
const UNKNOWN_KEPT_MS = 3_600_000
const ASKED_AT_ONCE = 10

/** The writer's schema id of a value in the Confluent wire format, or undefined if it has none. */
export const schemaIdOf = (bytes: Buffer | null): number | undefined =>
  bytes === null ? undefined : schemaIdAt(bytes, 0, bytes.length)

/** The same of a value that lies amid other bytes. */
export function schemaIdAt(bytes: Buffer, start: number, end: number): number | undefined {
  if (end - start < HEADER_BYTES || bytes[start] !== CONFLUENT_MAGIC) return undefined
  return bytes.readInt32BE(start + 1)
}

/**
 * Avro in the Confluent wire format: magic byte 0, schema id (4 bytes), Avro binary.
 * Encoding and decoding are synchronous; what needs the registry is loaded before.
 */
export class Codec {
  readonly #registry: SchemaRegistry
  readonly #topicPrefix: string
  readonly #writerIds = new Map<string, number>()
  readonly #writers = new Map<number, avro.Type>()
  /** When the registry was asked in vain, longest ago first. They stay: values that have been loaded may be decoded late. */
  readonly #unknown = new Map<number, number>()
  /** By the id of the writer's schema, for the fingerprint of each schema that values are read in. */
  readonly #reads = new Map<string, Map<number, Read | 'mismatch'>>()
  readonly #in = new ByteReader()
  readonly #out = new ByteWriter()

  constructor(registry: SchemaRegistry, topicPrefix = '') {
    this.#registry = registry
    this.#topicPrefix = topicPrefix
  }

  /** Registers the topic's schema under `<topic>-value` if it is new there, and remembers its id for encoding. */
  async register(topic: Topic<unknown>): Promise<void> {
    const subject = `${this.#topicPrefix}${topic.name}-value`
    const id = await this.#registry.register(subject, topic.value.text, referencesOf(topic.value))
    this.#writerIds.set(topic.name, id)
    if (!this.#writers.has(id)) this.#writers.set(id, (topic.value.partOf ?? topic.value).type)
  }

  /** Makes the writer schemas of these values known; see {@link loadSchemas}. */
  load(values: Iterable<Buffer | null>): Promise<void> {
    return this.loadSchemas(new Set(Array.from(values, schemaIdOf).filter((id) => id !== undefined)))
  }

  /** Makes schemas known by their ids. Waits, retrying, while the registry is away. */
  async loadSchemas(ids: Iterable<number>): Promise<void> {
    this.#forgetUnknown()
    const wanted = [...ids].filter((id) => !this.#writers.has(id) && !this.#isUnknown(id))
    await pLimit(ASKED_AT_ONCE).map(wanted, (id) => this.#loadSchema(id))
  }

  async #loadSchema(id: number): Promise<void> {
    // Registries count from 1, and not every one answers "not found" to less.
    const text = id > 0 ? await this.#registry.schemaById(id) : undefined
    this.#unknown.delete(id)
    if (text === undefined) this.#unknown.set(id, performance.now())
    else this.#writers.set(id, parseSchema(JSON.parse(text) as avro.Schema))
  }

  #forgetUnknown(): void {
    const before = performance.now() - UNKNOWN_KEPT_MS
    for (const [id, since] of this.#unknown) {
      if (this.#unknown.size <= MOST_UNKNOWN || since > before) return
      this.#unknown.delete(id)
    }
  }

  #isUnknown(id: number): boolean {
    const since = this.#unknown.get(id)
    return since !== undefined && performance.now() - since < UNKNOWN_FOR_MS
  }

  /** @throws as {@link write} */
  encode<V>(topic: Topic<V>, value: V): Buffer {
    this.write(topic, value, this.#out)
    return this.#out.take()
  }

  /**
   * Writes what {@link encode} gives behind what `out` has, or nothing.
   * @throws Error if the topic has not been registered, or the value does not fit its schema.
   */
  write<V>(topic: Topic<V>, value: V, out: ByteWriter): void {
    const id = this.#writerIds.get(topic.name)
    if (id === undefined) throw new Error(`Topic ${topic.name} is not registered: call register() at start`)
    const from = out.length
    out.byte(CONFLUENT_MAGIC)
    out.int32(id)
    try {
      topic.value.write(value, out)
    } catch (error) {
      out.truncate(from)
      throw new TypeError(`${topic.name}: ${(error as Error).message}`)
    }
  }

  /**
   * Reads a value in the topic's version of the schema, whatever version wrote it.
   * @throws DecodeError `null_value`, `not_wire_format`, `unknown_schema_id`, `incompatible_schema`, `malformed_avro`
   */
  decode<V>({ value: schema }: Topic<V>, bytes: Buffer | null): V {
    if (bytes === null) throw new DecodeError('null_value')
    const id = schemaIdOf(bytes)
    if (id === undefined) throw new DecodeError('not_wire_format')
    const read = this.#readerOf(id, schema)
    const bytesIn = this.#in
    bytesIn.begin(bytes, HEADER_BYTES)
    let value: unknown
    try {
      value = read(bytesIn)
    } catch (error) {
      throw asDecodeError(error)
    }
    if (!bytesIn.isAtEnd) throw new DecodeError('malformed_avro')
    return value as V
  }

  #readerOf(id: number, schema: EventSchema<unknown>): Read {
    let ofSchema = this.#reads.get(schema.fingerprint)
    if (ofSchema === undefined)
      this.#reads.set(schema.fingerprint, (ofSchema = new Map<number, Read | 'mismatch'>()))
    let read = ofSchema.get(id)
    if (read === undefined) ofSchema.set(id, (read = this.#compile(id, schema)))
    if (read === 'mismatch') throw new DecodeError('incompatible_schema')
    return read
  }

  /** @throws DecodeError for a writer's schema that nobody knows */
  #compile(id: number, schema: EventSchema<unknown>): Read | 'mismatch' {
    const writer = this.#writers.get(id)
    if (writer === undefined) {
      if (this.#unknown.has(id)) throw new DecodeError('unknown_schema_id')
      throw new Error(`Schema id ${id} was not loaded: call load() before decode()`)
    }
    try {
      return compileReader(writer, schema.type, schema.options)
    } catch (error) {
      if (error instanceof IncompatibleError) return 'mismatch'
      throw error
    }
  }
}

/** What is wrong with the bytes; anything else is a bug, which is not to put good values aside. */
function asDecodeError(error: unknown): unknown {
  if (error instanceof IncompatibleError) return new DecodeError('incompatible_schema', error)
  return error instanceof MalformedError || isTooDeep(error)
    ? new DecodeError('malformed_avro', error)
    : error
}

const isTooDeep = (error: unknown) => error instanceof RangeError && error.message.includes('call stack')
