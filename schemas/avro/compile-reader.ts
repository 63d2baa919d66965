import avro from 'avsc'
import { MalformedError } from './byte-reader.ts'
import { leastBytes } from './least-bytes.ts'
import { defaultOf, isUnion, logicalNameOf, plainType, valuesOf } from './parse.ts'
import { type Part, type Read, arrayReader, call, mapReader, nullable, recordReader } from './read-code.ts'
import { branchFor, branchesOf, meansAlike, meansSame, promotionOf, writtenFields } from './resolution.ts'
import { isUuid } from './uuid.ts'

export type { Read } from './read-code.ts'

/** A writer's schema that a reader's cannot take, or a value of it that it cannot. */
export class IncompatibleError extends Error {
  override readonly name = 'IncompatibleError'
}

export interface ReadOptions {
  /** A long beyond 2^53 is a bigint, and not malformed. */
  bigints?: boolean
}

/**
 * What reads bytes of `writer` as values of `reader`, resolved once as the Avro specification has it (1.12, "Schema Resolution"): fields by
 * name and alias, defaults, promotions, unions.
 * @throws IncompatibleError for a writer of which no value can be read
 */
export const compileReader = (writer: avro.Type, reader: avro.Type, options: ReadOptions = {}): Read =>
  new Resolution(options).resolve(writer, reader)

const { types } = avro

class Resolution {
  readonly #options: ReadOptions
  /** Records that are being read already, for a schema may hold itself. */
  readonly #known = new Map<avro.Type, Map<avro.Type, Read>>()

  constructor(options: ReadOptions) {
    this.#options = options
  }

  resolve(writer: avro.Type, reader: avro.Type): Read {
    if (isUnion(plainType(writer))) return this.#fromUnion(branchesOf(writer), reader)
    if (isUnion(plainType(reader))) {
      const branch = branchFor(writer, branchesOf(reader))
      if (branch === undefined) throw mismatch(writer, reader)
      return this.resolve(writer, branch)
    }
    if (!meansAlike(writer, reader)) throw mismatch(writer, reader)
    const read = this.#plain(plainType(writer), plainType(reader))
    const isUuidText = logicalNameOf(reader) === 'uuid' && plainType(reader).typeName === 'string'
    return isUuidText ? (from) => requireUuid(read(from)) : read
  }

  #plain(writer: avro.Type, reader: avro.Type): Read {
    const method = promotionOf(writer, reader)
    if (method !== undefined)
      return call(method === 'long' && this.#options.bigints === true ? 'exactLong' : method)
    if (reader instanceof types.RecordType && writer instanceof types.RecordType)
      return this.#record(writer, reader)
    if (reader instanceof types.EnumType && writer instanceof types.EnumType)
      return enumReader(writer, reader)
    if (reader instanceof types.ArrayType && writer instanceof types.ArrayType)
      return arrayReader(this.resolve(writer.itemsType, reader.itemsType), leastBytes(writer.itemsType))
    if (reader instanceof types.MapType && writer instanceof types.MapType)
      return mapReader(this.resolve(valuesOf(writer), valuesOf(reader)), leastBytes(valuesOf(writer)))
    if (reader instanceof types.FixedType && writer instanceof types.FixedType) {
      if (writer.size === reader.size && meansSame(writer, reader)) return (from) => from.fixed(reader.size)
    }
    throw mismatch(writer, reader)
  }

  /** A branch that cannot be read is no matter until there is a value of it. */
  #fromUnion(branches: readonly avro.Type[], reader: avro.Type): Read {
    const reads = branches.map((branch) => this.#orRefuse(branch, reader))
    if (!reads.some(({ possible }) => possible)) throw mismatch(branches[0]!, reader)
    const nullAt = branches.findIndex(({ typeName }) => typeName === 'null')
    const [first, second] = reads.map(({ read }) => read)
    if (branches.length === 2 && nullAt >= 0 && reads.every(({ possible }) => possible))
      return nullable(nullAt, nullAt === 0 ? second! : first!)
    return (from) => {
      const branch = reads[from.long()]
      if (branch === undefined) throw new MalformedError('not a branch')
      return branch.read(from)
    }
  }

  #orRefuse(writer: avro.Type, reader: avro.Type): { possible: boolean; read: Read } {
    try {
      return { possible: true, read: this.resolve(writer, reader) }
    } catch (error) {
      if (!(error instanceof IncompatibleError)) throw error
      return {
        possible: false,
        read: () => {
          throw error
        },
      }
    }
  }

  #record(writer: avro.types.RecordType, reader: avro.types.RecordType): Read {
    if (!meansSame(writer, reader)) throw mismatch(writer, reader)
    const ofWriter = this.#known.get(writer) ?? new Map<avro.Type, Read>()
    this.#known.set(writer, ofWriter)
    const known = ofWriter.get(reader)
    if (known !== undefined) return known
    let whole: Read | undefined
    ofWriter.set(reader, (from) => whole!(from))
    const written = writtenFields(writer, reader)
    const wanted = new Map([...written].map(([field, { name }]) => [name, field]))
    const parts: Part[] = writer.fields.map(({ name, type }) => {
      const field = wanted.get(name)
      if (field === undefined) return { read: skipReader(type) }
      return { name: field.name, read: this.resolve(type, field.type) }
    })
    for (const field of reader.fields)
      if (!written.has(field)) parts.push({ name: field.name, read: missing(field, reader) })
    return (whole = recordReader(parts, reader))
  }
}

/** A symbol that the reader does not know is its default, if it has one. */
function enumReader(writer: avro.types.EnumType, reader: avro.types.EnumType): Read {
  if (!meansSame(writer, reader)) throw mismatch(writer, reader)
  const byDefault = (reader as { default?: string }).default
  const symbols = writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : byDefault))
  return (from) => {
    const at = from.long()
    const symbol = symbols[at]
    if (symbol !== undefined) return symbol
    if (at < 0 || at >= symbols.length) throw new MalformedError('not a symbol')
    throw new IncompatibleError(`${reader.name} has no symbol ${writer.symbols[at]!}, and no default`)
  }
}

function missing(field: avro.types.Field, { name }: avro.types.RecordType): Read {
  const byDefault = defaultOf(field)
  if (byDefault === undefined) throw new IncompatibleError(`${name}.${field.name} has no default`)
  const { value } = byDefault
  if (typeof value === 'object' && value !== null) return () => defaultOf(field)!.value
  return Object.assign(() => value, typeof value !== 'bigint' && { code: JSON.stringify(value) })
}

/** Passes over a value, and makes as little of it as possible. */
function skipReader(writer: avro.Type): Read {
  const type = plainType(writer)
  if (type.typeName === 'string' || type.typeName === 'bytes') return (from) => from.skip(from.long())
  return compileReader(type, type, { bigints: true })
}

function requireUuid(value: unknown): unknown {
  if (!isUuid(value)) throw new MalformedError('not a UUID')
  return value
}

const mismatch = (writer: avro.Type, reader: avro.Type) =>
  new IncompatibleError(`${nameOf(writer)} cannot be read as ${nameOf(reader)}`)

const nameOf = (type: avro.Type) => type.name ?? type.typeName
