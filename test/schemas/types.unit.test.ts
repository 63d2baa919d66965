import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import avro from 'avsc'
import ts from 'typescript'
import * as events from '../../schemas/events.ts'

const file = join(import.meta.dirname, '../../schemas/events.ts')
const program = ts.createProgram([file], {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  allowImportingTsExtensions: true,
  types: ['node'],
})
const checker = program.getTypeChecker()
const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!)

for (const [constant, { id, type }] of Object.entries(events))
  test(`the TypeScript type of ${constant} says, field by field, what ${id}.avsc says`, () => {
    assert.ok(type instanceof avro.types.RecordType)
    assert.deepEqual(
      fieldsOf(typeOf(constant)),
      meantFields(type),
      `mend the interface of ${constant} in schemas/events.ts, or schemas/events/${id}.avsc`,
    )
  })

/** The `V` of an exported `EventSchema<V>`. */
function typeOf(constant: string): ts.Type {
  const symbol = exported.find(({ name }) => name === constant)
  const [value] = checker.getTypeArguments(checker.getTypeOfSymbol(symbol!) as ts.TypeReference)
  return value!
}

type Said = string | Said[] | { [field: string]: Said }

/** The fields of an interface. */
function fieldsOf(type: ts.Type): Said {
  const fields = type.getProperties()
  return Object.fromEntries(fields.map((field) => [field.name, partsOf(checker.getTypeOfSymbol(field))]))
}

/** A type as text, a union as its members, a list as a list of what its items are. */
function partsOf(type: ts.Type): Said[] {
  if (checker.isArrayType(type)) return checker.getTypeArguments(type as ts.TypeReference).map(partsOf)
  if (type.isClassOrInterface()) return [fieldsOf(type)]
  const parts = type.isUnion() ? type.types : [type]
  return parts.map((part) => checker.typeToString(part).replace(/^Buffer<.*>$/, 'Buffer')).sort()
}

const typescriptOf: Readonly<Record<string, string[]>> = {
  null: ['null'],
  boolean: ['boolean'],
  string: ['string'],
  long: ['number'],
  int: ['number'],
  float: ['number'],
  double: ['number'],
  bytes: ['Buffer'],
}

function meantFields({ fields }: avro.types.RecordType): Said {
  return Object.fromEntries(fields.map(({ name, type }) => [name, meant(type)]))
}

/** How TypeScript says an Avro type. */
function meant(type: avro.Type): Said[] {
  if (type instanceof avro.types.UnwrappedUnionType) return type.types.flatMap(meant).sort()
  if (type instanceof avro.types.ArrayType) return [meant(type.itemsType)]
  if (type instanceof avro.types.RecordType) return [meantFields(type)]
  if (type instanceof avro.types.EnumType) return type.symbols.map((symbol) => `"${symbol}"`)
  const text = typescriptOf[type.typeName]
  if (text === undefined)
    throw new Error(
      `say in test/schemas/types.unit.test.ts how TypeScript says the Avro type ${type.typeName}`,
    )
  return text
}
