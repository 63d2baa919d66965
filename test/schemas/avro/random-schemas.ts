import avro from 'avsc'
import fc from 'fast-check'
import { isUnion, logicalNameOf, plainType, valuesOf } from '../../../schemas/avro/parse.ts'

type Fields = avro.schema.RecordType['fields']

const { types } = avro

const simple: readonly avro.Schema[] = [
  ...(['null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes'] as const),
  { type: 'long', logicalType: 'timestamp-millis' },
  { type: 'string', logicalType: 'uuid' },
  { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 },
]

/** A type of any kind. Names are by their place, so that two schemas have some alike. */
function typeAt(place: string, depth: number): fc.Arbitrary<avro.Schema> {
  const one = oneAt(place, depth)
  if (depth === 0) return one
  const union = fc.uniqueArray(one, { minLength: 1, maxLength: 4, selector: kindOf })
  return fc.oneof({ weight: 3, arbitrary: one }, { weight: 1, arbitrary: union as fc.Arbitrary<avro.Schema> })
}

/** One that is no union. */
function oneAt(place: string, depth: number): fc.Arbitrary<avro.Schema> {
  const symbols = fc.subarray(['x', 'y', 'z'], { minLength: 1 })
  const named = [
    fc.record({ type: fc.constant('enum'), name: fc.constant(`E${place}`), symbols }),
    fc.record({
      type: fc.constant('fixed'),
      name: fc.constant(`F${place}`),
      size: fc.integer({ min: 1, max: 3 }),
    }),
  ]
  const within =
    depth === 0
      ? []
      : [
          fc.record({ type: fc.constant('array'), items: typeAt(`${place}i`, depth - 1) }),
          fc.record({ type: fc.constant('map'), values: typeAt(`${place}m`, depth - 1) }),
          ...['n1', 'n2'].map((namespace) =>
            fieldsAt(`${place}${namespace}`, depth - 1).map((fields) => ({
              type: 'record',
              name: `R${place}`,
              namespace,
              fields,
            })),
          ),
        ]
  const wide = fc.oneof(...(named as fc.Arbitrary<unknown>[]), ...(within as fc.Arbitrary<unknown>[]))
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...simple) },
    { weight: 1, arbitrary: wide as fc.Arbitrary<avro.Schema> },
  )
}

/** What may be in a union once. */
function kindOf(schema: avro.Schema): string {
  const { name, namespace, type } = schema as { name?: string; namespace?: string; type?: string }
  return name === undefined ? (type ?? (schema as string)) : `${namespace ?? ''}.${name}`
}

function fieldsAt(place: string, depth: number): fc.Arbitrary<Fields> {
  const names = ['a', 'b', 'c']
  const fields = names.map((name) =>
    fc.record({
      name: fc.constant(name),
      type: typeAt(`${place}${name}`, depth),
      isOptional: fc.boolean(),
      aliases: fc.subarray(
        names.filter((other) => other !== name),
        { maxLength: 1 },
      ),
    }),
  )
  return fc
    .tuple(...fields)
    .chain((all) => fc.subarray(all))
    .map((all) =>
      all.map(({ isOptional, ...field }) =>
        isOptional ? { ...field, default: leastOf(field.type) } : field,
      ),
    )
}

const NIL_UUID = '00000000-0000-0000-0000-000000000000'

/** A default, as a schema says it. */
function leastOf(schema: avro.Schema): unknown {
  if (Array.isArray(schema)) return leastOf(schema[0] as avro.Schema)
  const { type, symbols, size, fields } = (
    typeof schema === 'string' ? { type: schema } : schema
  ) as avro.schema.RecordType & { symbols?: string[]; size?: number }
  if ((schema as { logicalType?: string }).logicalType === 'uuid') return NIL_UUID
  const plain: Readonly<Record<string, unknown>> = {
    null: null,
    boolean: false,
    string: '',
    bytes: '',
    array: [],
    map: {},
    enum: symbols?.[0],
    fixed: '\0'.repeat(size ?? 0),
  }
  if ((type as string) === 'record')
    return Object.fromEntries(fields.map(({ name, type: of }) => [name, leastOf(of)]))
  return type in plain ? plain[type] : 0
}

/** Schemas of records, each with a few fields of any kind within one another. */
export const schemas: fc.Arbitrary<avro.Schema> = fieldsAt('', 2).map((fields) => ({
  type: 'record',
  name: 'Whole',
  fields,
}))

/** In a union a whole number may be written as a long, and avsc reads none beyond 2^52. */
const withinLongs = { noNaN: true, min: -(2 ** 50), max: 2 ** 50 }

/** Values that every type which is wider holds as well: whole numbers are small, and bytes are a text. */
const primitives: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  string: fc.string({ unit: 'grapheme', maxLength: 30 }),
  int: fc.integer({ min: -(2 ** 24), max: 2 ** 24 }),
  long: fc.integer({ min: -(2 ** 24), max: 2 ** 24 }),
  float: fc.float(withinLongs),
  double: fc.double(withinLongs),
  bytes: fc.string({ maxLength: 30 }).map((text) => Buffer.from(text)),
}

/** Any value of a type. */
export function valueOf(wanted: avro.Type): fc.Arbitrary<unknown> {
  const type = plainType(wanted)
  if (type instanceof types.RecordType) {
    const fields = type.fields.map(({ name, type: of }) => [name, valueOf(of)] as const)
    return fc.record(Object.fromEntries(fields), { noNullPrototype: true })
  }
  if (isUnion(type)) return fc.oneof(...type.types.map(valueOf))
  if (type instanceof types.EnumType) return fc.constantFrom(...type.symbols)
  if (type instanceof types.ArrayType) return fc.array(valueOf(type.itemsType), { maxLength: 3 })
  if (type instanceof types.MapType)
    return fc.dictionary(fc.string({ maxLength: 3 }), valueOf(valuesOf(type)), {
      maxKeys: 3,
      noNullPrototype: true,
    })
  if (type instanceof types.FixedType)
    return fc.uint8Array({ minLength: type.size, maxLength: type.size }).map((bytes) => Buffer.from(bytes))
  return logicalNameOf(wanted) === 'uuid' ? fc.uuid() : primitives[type.typeName]!
}
