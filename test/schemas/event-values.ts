import avro from 'avsc'
import fc from 'fast-check'
import { isUnion, logicalNameOf, plainType } from '../../schemas/avro/parse.ts'
import type { Topic } from '../../schemas/topic.ts'

/** The largest whole number that is kept exactly with either sign. */
export const LARGEST_LONG = Number.MAX_SAFE_INTEGER

const { types } = avro

/** Each primitive's values. A logical type is what it lies on, a timestamp a long; but a UUID is no text like others. */
const primitives: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  string: fc.string({ unit: 'grapheme' }),
  long: fc.integer({ min: -LARGEST_LONG, max: LARGEST_LONG }),
  int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  float: fc.float({ noNaN: true }),
  double: fc.double({ noNaN: true }),
  bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
}

/** Any value that a topic holds, made from its schema. @throws Error naming a type that no value is made of yet. */
export const valuesOf = (topic: Topic<unknown>): fc.Arbitrary<unknown> =>
  arbitrary(topic.value.type, topic.name)

function arbitrary(wanted: avro.Type, path: string): fc.Arbitrary<unknown> {
  if (logicalNameOf(wanted) === 'uuid') return fc.uuid()
  const type = plainType(wanted)
  if (type instanceof types.RecordType) {
    const fields = type.fields.map(({ name, type: of }) => [name, arbitrary(of, `${path}.${name}`)] as const)
    return fc.record(Object.fromEntries(fields), { noNullPrototype: true })
  }
  if (type instanceof types.EnumType) return fc.constantFrom(...type.symbols)
  if (type instanceof types.ArrayType) return fc.array(arbitrary(type.itemsType, `${path}[]`))
  if (isUnion(type)) return fc.oneof(...type.types.map((each) => arbitrary(each, path)))
  const primitive = primitives[type.typeName]
  if (primitive === undefined)
    throw new Error(
      `${path} is of type ${type.typeName}: say in test/schemas/event-values.ts what its values are`,
    )
  return primitive
}
