import { compileFunction } from 'node:vm'
import avro from 'avsc'
import { type ByteReader, MalformedError } from './byte-reader.ts'
import { defaultOf, isUnion, logicalNameOf, meansSame, plainType, valuesOf } from './parse.ts'
import { isUuid } from './uuid.ts'

/** A writer's schema that a reader's cannot take, or a value of it that it cannot. */
export class IncompatibleError extends Error {
  override readonly name = 'IncompatibleError'
}

/** Reads a value of a writer's schema as one of a reader's. @throws MalformedError, IncompatibleError */
export type Read = ((from: ByteReader) => unknown) & {
  /** The same as JavaScript, if it is as short as that. */
  readonly code?: string
}

type Method =
  | 'null'
  | 'boolean'
  | 'int'
  | 'long'
  | 'exactLong'
  | 'longAsFloat'
  | 'longAsDouble'
  | 'float'
  | 'double'
  | 'string'
  | 'bytes'

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

const call = (method: Method): Read =>
  Object.assign((from: ByteReader) => from[method](), { code: `from.${method}()` })

const { types } = avro

/** By the name of the writer's type, for each reader's. */
const promotions: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
  null: { null: 'null' },
  boolean: { boolean: 'boolean' },
  int: { int: 'int' },
  long: { int: 'int', long: 'long' },
  float: { int: 'int', long: 'longAsFloat', float: 'float' },
  double: { int: 'int', long: 'longAsDouble', float: 'float', double: 'double' },
  string: { string: 'string', bytes: 'string' },
  bytes: { bytes: 'bytes', string: 'bytes' },
}

class Resolution {
  readonly #options: ReadOptions
  /** Records that are being read already, for a schema may hold itself. */
  readonly #known = new Map<avro.Type, Map<avro.Type, Read>>()

  constructor(options: ReadOptions) {
    this.#options = options
  }

  resolve(writer: avro.Type, reader: avro.Type): Read {
    if (isUnion(plainType(writer))) return this.#fromUnion(unionTypes(writer), reader)
    if (isUnion(plainType(reader))) return this.resolve(writer, branchFor(writer, unionTypes(reader)))
    const meant = [logicalNameOf(writer), logicalNameOf(reader)]
    if (meant.every((name) => name !== undefined) && meant[0] !== meant[1]) throw mismatch(writer, reader)
    const read = this.#plain(plainType(writer), plainType(reader))
    return meant[1] === 'uuid' ? (from) => requireUuid(read(from)) : read
  }

  #plain(writer: avro.Type, reader: avro.Type): Read {
    const method = promotions[reader.typeName]?.[writer.typeName]
    if (method !== undefined)
      return call(method === 'long' && this.#options.bigints === true ? 'exactLong' : method)
    if (reader instanceof types.RecordType && writer instanceof types.RecordType)
      return this.#record(writer, reader)
    if (reader instanceof types.EnumType && writer instanceof types.EnumType)
      return enumReader(writer, reader)
    if (reader instanceof types.ArrayType && writer instanceof types.ArrayType)
      return arrayReader(this.resolve(writer.itemsType, reader.itemsType))
    if (reader instanceof types.MapType && writer instanceof types.MapType)
      return mapReader(this.resolve(valuesOf(writer), valuesOf(reader)))
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
    const wanted = new Map(reader.fields.map((field) => [field, writtenAs(field, writer)]))
    const parts: Part[] = writer.fields.map((written) => {
      const field = reader.fields.find((each) => wanted.get(each) === written)
      if (field === undefined) return { read: skipReader(written.type) }
      return { name: field.name, read: this.resolve(written.type, field.type) }
    })
    for (const [field, written] of wanted)
      if (written === undefined) parts.push({ name: field.name, read: missing(field, reader) })
    return (whole = recordReader(parts, reader))
  }
}

/** A field of a record: read, and kept under its name if it has one. */
interface Part {
  name?: string
  read: Read
}

/**
 * A function that is written for these fields: what it makes has one shape, and each call leads to one place. A loop over the fields takes
 * three times as long.
 */
function recordReader(parts: readonly Part[], reader: avro.types.RecordType): Read {
  const lines = parts.map(({ read }, index) => `const v${index} = ${read.code ?? `read${index}(from)`}`)
  const entries = reader.fields.map(({ name }) => {
    const index = parts.findIndex((part) => part.name === name)
    return `${name === '__proto__' ? `['__proto__']` : name}: v${index}`
  })
  const make = compileFunction(
    `return function readRecord(from) {\n${lines.join('\n')}\nreturn { ${entries.join(', ')} }\n}`,
    parts.map((_, index) => `read${index}`),
  ) as (...reads: Read[]) => Read
  return make(...parts.map(({ read }) => read))
}

function nullable(nullAt: number, read: Read): Read {
  const nullOr = (from: ByteReader) => (from.isNull(nullAt) ? null : read(from))
  if (read.code === undefined) return nullOr
  return Object.assign(nullOr, { code: `from.isNull(${nullAt}) ? null : ${read.code}` })
}

function arrayReader(item: Read): Read {
  return (from) => {
    const items: unknown[] = []
    for (let left = from.block(); left > 0; left = from.block())
      for (; left > 0; left--) items.push(item(from))
    return items
  }
}

function mapReader(value: Read): Read {
  return (from) => {
    const entries: [string, unknown][] = []
    for (let left = from.block(); left > 0; left = from.block())
      for (; left > 0; left--) entries.push([from.string(), value(from)])
    return Object.fromEntries(entries)
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
  if (typeof value === 'object' && value !== null) return () => field.defaultValue() as unknown
  return Object.assign(() => value, typeof value !== 'bigint' && { code: JSON.stringify(value) })
}

/** The field of the writer that a reader's field means. */
function writtenAs(field: avro.types.Field, writer: avro.types.RecordType): avro.types.Field | undefined {
  const names = [field.name, ...field.aliases]
  const found = writer.fields.filter(({ name }) => names.includes(name))
  return found.find(({ name }) => name === field.name) ?? found[0]
}

/** Passes over a value, and makes as little of it as possible. */
function skipReader(writer: avro.Type): Read {
  const type = plainType(writer)
  if (type.typeName === 'string' || type.typeName === 'bytes') return (from) => from.skip(from.long())
  return compileReader(writer, writer, { bigints: true })
}

function unionTypes(type: avro.Type): readonly avro.Type[] {
  const plain = plainType(type)
  return isUnion(plain) ? plain.types : [plain]
}

/** The branch of a reader's union for a writer's type: the one that is the same, else the first that can take it. */
function branchFor(writer: avro.Type, branches: readonly avro.Type[]): avro.Type {
  const type = plainType(writer)
  const same = branches.find((branch) => {
    const other = plainType(branch)
    return other.typeName === type.typeName && (other.name === undefined || meansSame(type, other))
  })
  if (same !== undefined) return same
  const found = branches.find((branch) => {
    try {
      compileReader(writer, branch)
      return true
    } catch {
      return false
    }
  })
  if (found === undefined) throw mismatch(writer, branches[0]!)
  return found
}

function requireUuid(value: unknown): unknown {
  if (!isUuid(value)) throw new MalformedError('not a UUID')
  return value
}

const mismatch = (writer: avro.Type, reader: avro.Type) =>
  new IncompatibleError(`${nameOf(writer)} cannot be read as ${nameOf(reader)}`)

const nameOf = (type: avro.Type) => type.name ?? type.typeName
