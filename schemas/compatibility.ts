import avro from 'avsc'
import { IncompatibleError, compileReader } from './avro/compile-reader.ts'
import { defaultOf, isUnion, logicalNameOf, plainType, valuesOf } from './avro/parse.ts'
import { branchFor, branchesOf, meansSame, writtenFields } from './avro/resolution.ts'

/** What versions of a schema must be able to read of one another, as schema registries name it. */
export const compatibilities = [
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const

export type Compatibility = (typeof compatibilities)[number]

/** A version of a schema, by the name that it has in messages. */
export interface SchemaVersion {
  id: string
  type: avro.Type
}

/**
 * What is wrong with a version beside those before it, oldest first: a line for each field, which ends with a way to do it right. Empty if it may
 * come after them.
 */
export function problemsOf(
  newest: SchemaVersion,
  before: readonly SchemaVersion[],
  compatibility: Compatibility,
): string[] {
  const beside = compatibility.endsWith('_TRANSITIVE') ? before : before.slice(-1)
  const [reads, isRead] = [!compatibility.startsWith('FORWARD'), !compatibility.startsWith('BACKWARD')]
  return beside.flatMap((other) => [
    ...(reads ? explained(other, newest) : []),
    ...(isRead ? explained(newest, other) : []),
  ])
}

const explained = (writer: SchemaVersion, reader: SchemaVersion) =>
  new Check()
    .misreadings(writer.type, reader.type, [])
    .map(
      ({ path, what, remedy }) =>
        `${path.join('.') || 'the schema'}: ${reader.id} cannot read what ${writer.id} writes, ${what}. ${remedy}`,
    )

interface Misreading {
  path: readonly string[]
  what: string
  remedy: string
}

const { types } = avro

/** Where a reader cannot read what a writer may write. */
class Check {
  /** Records that have been looked at, or are being: a schema may hold itself. */
  readonly #seen = new Map<avro.Type, Set<avro.Type>>()

  misreadings(writer: avro.Type, reader: avro.Type, path: readonly string[]): Misreading[] {
    const [from, to] = [plainType(writer), plainType(reader)]
    if (isUnion(from) || isUnion(to)) return this.#ofUnions(writer, reader, path)
    if (from instanceof types.RecordType && to instanceof types.RecordType)
      return this.#ofRecords(from, to, path)
    if (from instanceof types.EnumType && to instanceof types.EnumType) return misreadEnums(from, to, path)
    if (from instanceof types.ArrayType && to instanceof types.ArrayType)
      return this.misreadings(from.itemsType, to.itemsType, [...path, 'items'])
    if (from instanceof types.MapType && to instanceof types.MapType)
      return this.misreadings(valuesOf(from), valuesOf(to), [...path, 'values'])
    return canRead(writer, reader) ? [] : [otherType(writer, reader, path)]
  }

  #ofUnions(writer: avro.Type, reader: avro.Type, path: readonly string[]): Misreading[] {
    return branchesOf(writer).flatMap((branch) => {
      const read = isUnion(plainType(reader)) ? branchFor(branch, branchesOf(reader)) : reader
      return read === undefined ? [otherType(branch, reader, path)] : this.misreadings(branch, read, path)
    })
  }

  #ofRecords(
    writer: avro.types.RecordType,
    reader: avro.types.RecordType,
    path: readonly string[],
  ): Misreading[] {
    if (!meansSame(writer, reader)) return [otherName(writer, reader, path)]
    const ofWriter = this.#seen.get(writer) ?? new Set()
    if (ofWriter.has(reader)) return []
    this.#seen.set(writer, ofWriter.add(reader))
    const written = writtenFields(writer, reader)
    return reader.fields.flatMap((field) => {
      const from = written.get(field)
      const here = [...path, field.name]
      if (from !== undefined) return this.misreadings(from.type, field.type, here)
      if (defaultOf(field) !== undefined) return []
      const remedy = `Give ${field.name} a default; where it has shipped without one, leave it in every version, under its name.`
      return [{ path: here, what: 'which has no such field', remedy }]
    })
  }
}

function canRead(writer: avro.Type, reader: avro.Type): boolean {
  try {
    compileReader(writer, reader)
    return true
  } catch (error) {
    if (error instanceof IncompatibleError) return false
    throw error
  }
}

function misreadEnums(
  writer: avro.types.EnumType,
  reader: avro.types.EnumType,
  path: readonly string[],
): Misreading[] {
  if (!meansSame(writer, reader)) return [otherName(writer, reader, path)]
  const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
  if (unknown.length === 0 || (reader as { default?: string }).default !== undefined) return []
  const remedy =
    'An enum grows only if it has had a default from its first version on: leave its symbols, and add a field with another enum beside it.'
  return [{ path, what: `the symbol ${unknown.join(', ')}`, remedy }]
}

function otherName(writer: avro.Type, reader: avro.Type, path: readonly string[]): Misreading {
  const remedy = `Leave the name ${writer.name!}, or give ${reader.name!} the alias ${writer.name!} in both.`
  return { path, what: `${writer.name!} for ${reader.name!}`, remedy }
}

function otherType(writer: avro.Type, reader: avro.Type, path: readonly string[]): Misreading {
  const field = path.at(-1) ?? 'the schema'
  const remedy = `Leave ${field} as it is in every version, and add a field beside it, with a default, for what is new.`
  return { path, what: `${nameOf(writer)} for ${nameOf(reader)}`, remedy }
}

const nameOf = (type: avro.Type): string =>
  logicalNameOf(type) ??
  (isUnion(type) ? `[${type.types.map(nameOf).join(', ')}]` : (type.name ?? type.typeName))

/** What has changed from one version to the next, a line for each field. */
export function changesOf(one: avro.Type, other: avro.Type): string[] {
  if (!(one instanceof types.RecordType) || !(other instanceof types.RecordType))
    return nameOf(one) === nameOf(other) ? [] : [`~ ${nameOf(one)} is ${nameOf(other)}`]
  const renamed = new Map(
    [...writtenFields(one, other)]
      .filter(([now, before]) => now.name !== before.name)
      .map(([now, before]) => [before.name, now.name]),
  )
  const kept = one.fields.flatMap((field) => {
    const now = other.fields.find(({ name }) => name === (renamed.get(field.name) ?? field.name))
    if (now === undefined) return [`- ${field.name}: ${textOf(field)}`]
    const arrow = renamed.has(field.name) ? [`~ ${field.name} is called ${now.name}`] : []
    const [was, is] = [textOf(field), textOf(now)]
    return was === is ? arrow : [...arrow, `~ ${now.name}: ${was} is ${is}`]
  })
  const known = new Set([...one.fields.map(({ name }) => name), ...renamed.values()])
  const added = other.fields.filter(({ name }) => !known.has(name))
  return [...kept, ...added.map((field) => `+ ${field.name}: ${textOf(field)}`)]
}

function textOf(field: avro.types.Field): string {
  const byDefault = defaultOf(field)
  const type = JSON.stringify(field.type.schema({ exportAttrs: true }))
  return byDefault === undefined ? type : `${type}, default ${JSON.stringify(byDefault.value)}`
}
