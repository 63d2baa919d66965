import type avro from 'avsc'
import { from, lastValueFrom, mergeMap } from 'rxjs'
import { schemaIdOf } from '../../../schemas/codec.ts'
import {
  type AskRegistry,
  RegistryHttpError,
  UnusableSchemaError,
  registeredById,
  registeredType,
} from '../../../schemas/registry-at.ts'

const HEADER_BYTES = 5
const ASKED_AT_ONCE = 10

/** Values in the Confluent wire format, as those who wrote them meant them. */
export class AvroFields {
  readonly #ask: AskRegistry
  readonly #tell: (problem: string) => void
  /** By id; undefined for one that nobody knows. */
  readonly #types = new Map<number, avro.Type | undefined>()
  #isAway = false

  /** A registry that does not answer is told of once, and then asked no more. */
  constructor(ask: AskRegistry, tell: (problem: string) => void) {
    this.#ask = ask
    this.#tell = tell
  }

  /** Makes the schemas of these values known. */
  async load(values: Iterable<Buffer | null>): Promise<void> {
    const ids = [...new Set(Array.from(values, schemaIdOf))]
    const wanted = ids.filter((id) => id !== undefined && id > 0 && !this.#types.has(id)) as number[]
    const loads = from(wanted).pipe(mergeMap((id) => this.#load(id), ASKED_AT_ONCE))
    await lastValueFrom(loads, { defaultValue: undefined })
  }

  async #load(id: number): Promise<void> {
    if (this.#isAway) return
    try {
      this.#types.set(id, await registeredType(this.#ask, await registeredById(this.#ask, id)))
    } catch (error) {
      if (error instanceof UnusableSchemaError) this.#types.set(id, undefined)
      else if (!(error instanceof RegistryHttpError)) throw error
      else if (error.status === 404) this.#types.set(id, undefined)
      else this.#away(error)
    }
  }

  #away({ message }: Error): void {
    if (!this.#isAway)
      this.#tell(
        `the schema registry does not answer, so values are looked at without their schemas: ${message}`,
      )
    this.#isAway = true
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
