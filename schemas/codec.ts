import avro from 'avsc'
import { installBoundedBlocks } from './bounded-blocks.ts'
import { ByteWriter } from './byte-writer.ts'
import type { EventSchema } from './event-schema.ts'
import type { SchemaRegistry } from './registry.ts'
import type { Topic } from './topic.ts'

installBoundedBlocks()

/** Why bytes could not be read; `reason` is what a dead letter carries. */
export class DecodeError extends Error {
  readonly reason: string
  constructor(reason: string, cause?: unknown) {
    super(`cannot decode: ${reason}`, { cause })
    this.name = 'DecodeError'
    this.reason = reason
  }
}

const HEADER_BYTES = 5
const CONFLUENT_MAGIC = 0

/** The writer's schema id of a value in the Confluent wire format, or undefined if it has none. */
export const schemaIdOf = (bytes: Buffer | null): number | undefined =>
  bytes === null ? undefined : schemaIdAt(bytes, 0, bytes.length)

/** The same of a value that lies amid other bytes. */
export function schemaIdAt(bytes: Buffer, start: number, end: number): number | undefined {
  if (end - start < HEADER_BYTES || bytes[start] !== CONFLUENT_MAGIC) return undefined
  return bytes.readInt32BE(start + 1)
}

/** Beyond this a long is not sure to be exact: from -2^52 down avsc rounds what it reads and writes. */
const LARGEST_EXACT_LONG = 2 ** 52 - 1

/** The first field with a long that may have been rounded. */
function inexactLong({ longs }: EventSchema<unknown>, value: unknown): string | undefined {
  const fields = value as Record<string, number>
  for (const name of longs) if (Math.abs(fields[name]!) > LARGEST_EXACT_LONG) return name
  return undefined
}

type Resolver = ReturnType<avro.Type['createResolver']>

/**
 * Avro in the Confluent wire format: magic byte 0, schema id (4 bytes), Avro binary.
 * Encoding and decoding are synchronous; what needs the registry is loaded before.
 */
export class Codec {
  readonly #registry: SchemaRegistry
  readonly #topicPrefix: string
  readonly #writerIds = new Map<string, number>()
  readonly #writers = new Map<number, avro.Type | 'unknown'>()
  /** By the id of the writer's schema, for each schema that values are read in. */
  readonly #resolvers = new Map<EventSchema<unknown>, Map<number, Resolver | 'mismatch'>>()
  readonly #out = new ByteWriter()

  constructor(registry: SchemaRegistry, topicPrefix = '') {
    this.#registry = registry
    this.#topicPrefix = topicPrefix
  }

  /** Registers the topic's schema under `<topic>-value` if it is new there, and remembers its id for encoding. */
  async register(topic: Topic<unknown>): Promise<void> {
    const id = await this.#registry.register(`${this.#topicPrefix}${topic.name}-value`, topic.value.text)
    this.#writerIds.set(topic.name, id)
    if (!this.#writers.has(id)) this.#writers.set(id, (topic.value.partOf ?? topic.value).type)
  }

  /** Makes the writer schemas of these values known; see {@link loadSchemas}. */
  load(values: Iterable<Buffer | null>): Promise<void> {
    return this.loadSchemas(new Set(Array.from(values, schemaIdOf).filter((id) => id !== undefined)))
  }

  /** Makes schemas known by their ids. Waits, retrying, while the registry is away. */
  async loadSchemas(ids: Iterable<number>): Promise<void> {
    for (const id of ids) {
      if (this.#writers.has(id)) continue
      // Registries count from 1, and not every one answers "not found" to less.
      const text = id > 0 ? await this.#registry.schemaById(id) : undefined
      this.#writers.set(
        id,
        text === undefined ? 'unknown' : avro.Type.forSchema(JSON.parse(text) as avro.Schema),
      )
    }
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
    const { type } = topic.value
    const inexact = inexactLong(topic.value, value)
    if (inexact !== undefined)
      throw new RangeError(`${topic.name}: ${inexact} is too large to be kept exactly`)
    const from = out.length
    out.byte(CONFLUENT_MAGIC)
    out.int32(id)
    try {
      out.avro(type, value)
    } catch {
      out.truncate(from)
      throw new TypeError(`${topic.name}: ${misfit(type, value)}`)
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
    const resolver = this.#resolver(id, schema)
    let read: { value: V; offset: number }
    try {
      read = schema.type.decode(bytes, HEADER_BYTES, resolver)
    } catch (error) {
      throw new DecodeError('malformed_avro', error)
    }
    if (read.offset !== bytes.length || inexactLong(schema, read.value) !== undefined)
      throw new DecodeError('malformed_avro')
    return read.value
  }

  #resolver(id: number, schema: EventSchema<unknown>): Resolver | undefined {
    const writer = this.#writers.get(id)
    if (writer === undefined) throw new Error(`Schema id ${id} was not loaded: call load() before decode()`)
    if (writer === 'unknown') throw new DecodeError('unknown_schema_id')
    if (writer === schema.type) return undefined
    let ofSchema = this.#resolvers.get(schema)
    if (ofSchema === undefined)
      this.#resolvers.set(schema, (ofSchema = new Map<number, Resolver | 'mismatch'>()))
    let resolver = ofSchema.get(id)
    if (resolver === undefined) {
      try {
        resolver = schema.type.createResolver(writer)
      } catch {
        resolver = 'mismatch'
      }
      ofSchema.set(id, resolver)
    }
    if (resolver === 'mismatch') throw new DecodeError('incompatible_schema')
    return resolver
  }
}

/** Which field does not fit, and what would; not what it is, for it may be anybody's name. */
export function misfit(type: avro.Type, value: unknown): string {
  const found: string[] = []
  type.isValid(value, {
    errorHook: (path: string[], _value: unknown, wanted: avro.Type) =>
      found.push(`${path.join('.') || 'the value'} is not ${JSON.stringify(wanted.schema())}`),
  })
  return found[0] ?? 'the value does not fit its schema'
}
