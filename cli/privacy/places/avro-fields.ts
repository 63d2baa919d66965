import type avro from 'avsc'
import { parseSchema } from '../../../schemas/avro/parse.ts'
import { schemaIdOf } from '../../../schemas/codec.ts'
import type { SchemaRegistry } from '../../../schemas/registry.ts'

const HEADER_BYTES = 5

/** Values in the Confluent wire format, as those who wrote them meant them. */
export class AvroFields {
  readonly #registry: SchemaRegistry
  /** By id; undefined for one that nobody knows. */
  readonly #types = new Map<number, avro.Type | undefined>()

  constructor(registry: SchemaRegistry) {
    this.#registry = registry
  }

  /** Makes the schemas of these values known. */
  async load(values: Iterable<Buffer | null>): Promise<void> {
    for (const id of new Set(Array.from(values, schemaIdOf)))
      if (id !== undefined && !this.#types.has(id)) this.#types.set(id, await this.#typeOf(id))
  }

  async #typeOf(id: number): Promise<avro.Type | undefined> {
    const text = id > 0 ? await this.#registry.schemaById(id) : undefined
    return text === undefined ? undefined : parseSchema(JSON.parse(text) as avro.Schema)
  }

  /** What its fields hold, each by its path; nothing of what does not decode. */
  of(value: Buffer): [path: string, held: Buffer][] {
    const id = schemaIdOf(value)
    const type = id === undefined ? undefined : this.#types.get(id)
    if (type === undefined) return []
    try {
      return [...leaves(type.fromBuffer(value.subarray(HEADER_BYTES)))]
    } catch {
      return []
    }
  }
}

function* leaves(value: unknown, path = ''): Generator<[string, Buffer]> {
  if (value === null || value === undefined) return
  if (Buffer.isBuffer(value)) yield [path, value]
  else if (typeof value === 'object')
    for (const [name, held] of Object.entries(value)) {
      // Of a map its keys may be anything.
      yield [path, Buffer.from(name)]
      yield* leaves(held, path === '' ? name : `${path}.${name}`)
    }
  else yield [path, Buffer.from(String(value as string | number | bigint | boolean))]
}
