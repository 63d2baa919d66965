import avro from 'avsc'

/** A logical type that is what it lies on, and says so: a timestamp stays a number, a UUID a text. */
class Named extends avro.types.LogicalType {
  readonly logicalName: string

  constructor(schema: avro.Schema, options?: unknown) {
    super(schema, options)
    this.logicalName = (schema as { logicalType: string }).logicalType
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

const logicalTypes = { uuid: Named, date: Named, 'timestamp-millis': Named, 'timestamp-micros': Named }

/**
 * A schema as a tree of types.
 * @param used types of other schemas, which it may name
 * @throws what avsc throws for a schema that is none
 */
export const parseSchema = (schema: avro.Schema, used: readonly avro.Type[] = []): avro.Type =>
  avro.Type.forSchema(schema, {
    logicalTypes,
    registry: Object.fromEntries(used.map((type) => [type.name, type])) as Record<string, avro.Type>,
  })

/** Of a logical type what it lies on, of any other itself. */
export const plainType = (type: avro.Type): avro.Type =>
  type instanceof avro.types.LogicalType ? type.underlyingType : type

/** `timestamp-millis`, say, of a type that has a meaning of its own. */
export const logicalNameOf = (type: avro.Type): string | undefined =>
  type instanceof Named ? type.logicalName : undefined

/** Of what a map holds. */
export const valuesOf = (type: avro.types.MapType): avro.Type => type.valuesType as avro.Type

export const isUnion = (
  type: avro.Type,
): type is avro.types.UnwrappedUnionType | avro.types.WrappedUnionType =>
  type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType

/** The name without its namespace, by which a reader knows what a writer means. */
const simpleName = (name: string | undefined) => name?.replace(/^.*\./, '')

/** Whether a named type of a writer is what a reader calls so, or has called so once. */
export const meansSame = (writer: avro.Type, reader: avro.Type): boolean =>
  [reader.name, ...(reader.aliases ?? [])].some((name) => simpleName(name) === simpleName(writer.name))

/** What a field without a value is; undefined if it has no default. */
export function defaultOf(field: avro.types.Field): { value: unknown } | undefined {
  const value: unknown = field.defaultValue()
  if (value === undefined) return undefined
  // avsc wraps what a union of numbers holds.
  if (field.type instanceof avro.types.WrappedUnionType && value !== null)
    return { value: Object.values(value)[0] as unknown }
  return { value }
}
