import avro from 'avsc'

/** Avro 1.12, "Logical Types": each with what it may lie on. On anything else it is none. */
const logical: Readonly<Record<string, readonly string[]>> = {
  decimal: ['bytes', 'fixed'],
  uuid: ['string', 'fixed'],
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'timestamp-nanos': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  'local-timestamp-nanos': ['long'],
  duration: ['fixed'],
}

const FIXED_BYTES: Readonly<Record<string, number>> = { uuid: 16, duration: 12 }

interface LogicalSchema {
  logicalType: string
  precision?: number
  scale?: number
}

/** A logical type that is what it lies on, and says so: a timestamp stays a number, a UUID a text. */
class Named extends avro.types.LogicalType {
  readonly #said: LogicalSchema

  /** @throws Error for one that the specification does not allow, upon which avsc goes by what it lies on */
  constructor(schema: avro.Schema, options?: unknown) {
    super(schema, options)
    this.#said = schema as unknown as LogicalSchema
    const { logicalType: name, precision = 0, scale = 0 } = this.#said
    const lain = this.underlyingType
    const size = lain instanceof avro.types.FixedType ? lain.size : undefined
    const allowed =
      logical[name]!.includes(lain.typeName) &&
      (size === undefined || (FIXED_BYTES[name] ?? size) === size) &&
      (name !== 'decimal' || (precision > 0 && scale >= 0 && scale <= precision))
    if (!allowed) throw new Error(`${name} cannot be ${lain.typeName}`)
  }

  /** What it means: its name, of a decimal with its digits. */
  get meaning(): string {
    const { logicalType, precision = 0, scale = 0 } = this.#said
    return logicalType === 'decimal' ? `decimal(${precision}, ${scale})` : logicalType
  }

  protected override _export(schema: avro.Schema): void {
    const { precision, scale } = this.#said
    Object.assign(schema, precision !== undefined && { precision }, scale !== undefined && { scale })
  }

  protected override _fromValue(value: unknown): unknown {
    return value
  }

  protected override _toValue(value: unknown): unknown {
    return value
  }

  protected override _resolve(): (value: unknown) => unknown {
    return (value) => value
  }
}

const logicalTypes = Object.fromEntries(Object.keys(logical).map((name) => [name, Named]))

/**
 * A schema as a tree of types.
 * @param used types of other schemas, which it may name
 * @throws what avsc throws for a schema that is none
 */
export const parseSchema = (schema: avro.Schema, used: readonly avro.Type[] = []): avro.Type =>
  avro.Type.forSchema(schema, {
    logicalTypes,
    // Else it looks for the branch of a default, which is always the first, and refuses where it finds two.
    wrapUnions: true,
    registry: Object.fromEntries(used.map((type) => [type.name, type])) as Record<string, avro.Type>,
  })

/** Of a logical type what it lies on, of any other itself. */
export const plainType = (type: avro.Type): avro.Type =>
  type instanceof avro.types.LogicalType ? type.underlyingType : type

/** `timestamp-millis` or `decimal(9, 2)`, say, of a type that has a meaning of its own. */
export const logicalNameOf = (type: avro.Type): string | undefined =>
  type instanceof Named ? type.meaning : undefined

/** Of what a map holds. */
export const valuesOf = (type: avro.types.MapType): avro.Type => type.valuesType as avro.Type

export const isUnion = (type: avro.Type): type is avro.types.WrappedUnionType =>
  type instanceof avro.types.WrappedUnionType

/** What a field without a value is, made anew; undefined if it has no default. */
export function defaultOf(field: avro.types.Field): { value: unknown } | undefined {
  const value: unknown = field.defaultValue()
  return value === undefined ? undefined : { value: bare(field.type, value) }
}

/** avsc wraps what a union holds, in a default as deep as it is. A default is of the first branch. */
function bare(type: avro.Type, value: unknown): unknown {
  const plain = plainType(type)
  if (isUnion(plain)) return value === null ? null : bare(plain.types[0]!, Object.values(value as object)[0])
  if (plain instanceof avro.types.ArrayType)
    return (value as unknown[]).map((item) => bare(plain.itemsType, item))
  if (plain instanceof avro.types.MapType)
    return Object.fromEntries(
      Object.entries(value as object).map(([key, each]) => [key, bare(valuesOf(plain), each)]),
    )
  if (plain instanceof avro.types.RecordType)
    return Object.fromEntries(
      plain.fields.map(({ name, type: of }) => [name, bare(of, (value as Record<string, unknown>)[name])]),
    )
  return value
}
