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
    const said = typeOf(constant).getProperties()
    const inTypescript = said.map((field) => [field.name, partsOf(checker.getTypeOfSymbol(field))])
    assert.ok(type instanceof avro.types.RecordType)
    assert.deepEqual(
      Object.fromEntries(inTypescript),
      Object.fromEntries(type.fields.map((field) => [field.name, meant(field.type).sort()])),
      `mend the interface of ${constant} in schemas/events.ts, or schemas/events/${id}.avsc`,
    )
  })

/** The `V` of an exported `EventSchema<V>`. */
function typeOf(constant: string): ts.Type {
  const symbol = exported.find(({ name }) => name === constant)
  const [value] = checker.getTypeArguments(checker.getTypeOfSymbol(symbol!) as ts.TypeReference)
  return value!
}

/** A type as text, a union as its members. */
function partsOf(type: ts.Type): string[] {
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

/** How TypeScript says an Avro type. */
function meant(type: avro.Type): string[] {
  if (type instanceof avro.types.UnwrappedUnionType) return type.types.flatMap(meant)
  if (type instanceof avro.types.EnumType) return type.symbols.map((symbol) => `"${symbol}"`)
  const text = typescriptOf[type.typeName]
  if (text === undefined)
    throw new Error(
      `say in test/schemas/types.unit.test.ts how TypeScript says the Avro type ${type.typeName}`,
    )
  return text
}
