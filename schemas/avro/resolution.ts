import type avro from 'avsc'
import { isUnion, logicalNameOf, plainType } from './parse.ts'
import type { Method } from './read-code.ts'

/** By the name of a reader's primitive type what reads each writer's, as that. */
const promotions: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
  null: { null: 'null' },
  boolean: { boolean: 'boolean' },
  int: { int: 'int' },
  long: { int: 'int', long: 'long' },
  float: { int: 'longAsFloat', long: 'longAsFloat', float: 'float' },
  double: { int: 'int', long: 'longAsDouble', float: 'float', double: 'double' },
  string: { string: 'string', bytes: 'string' },
  bytes: { bytes: 'bytes', string: 'bytes' },
}

export const promotionOf = (writer: avro.Type, reader: avro.Type): Method | undefined =>
  promotions[plainType(reader).typeName]?.[plainType(writer).typeName]

/** Whether logical types, where both sides have one, are the same. */
export function meansAlike(writer: avro.Type, reader: avro.Type): boolean {
  const [written, wanted] = [logicalNameOf(writer), logicalNameOf(reader)]
  return written === undefined || wanted === undefined || written === wanted
}

/** The name without its namespace, by which a reader knows what a writer means. */
const simpleName = (name: string | undefined) => name?.replace(/^.*\./, '')

const namesOf = (type: avro.Type) => [type.name, ...(type.aliases ?? [])]

/** Whether a named type of a writer is what a reader calls so, or has called so once. */
export const meansSame = (writer: avro.Type, reader: avro.Type): boolean =>
  namesOf(reader).some((name) => simpleName(name) === simpleName(writer.name))

/**
 * By the field of a reader the one of the writer that it means, if there is one: that of its name, else one of an alias, which no other
 * field of the reader means.
 */
export function writtenFields(
  writer: avro.types.RecordType,
  reader: avro.types.RecordType,
): Map<avro.types.Field, avro.types.Field> {
  const written = new Map(writer.fields.map((field) => [field.name, field]))
  const found = new Map<avro.types.Field, avro.types.Field>()
  const take = (field: avro.types.Field, names: readonly string[]) => {
    const name = names.find((each) => written.has(each))
    if (name === undefined) return
    found.set(field, written.get(name)!)
    written.delete(name)
  }
  for (const field of reader.fields) take(field, [field.name])
  for (const field of reader.fields) if (!found.has(field)) take(field, field.aliases)
  return found
}

export function branchesOf(type: avro.Type): readonly avro.Type[] {
  const plain = plainType(type)
  return isUnion(plain) ? plain.types : [type]
}

/**
 * The branch of a reader's union for a writer's type that is no union: the one that is the same, by its whole name before its simple one, else
 * the first that can take it.
 */
export function branchFor(writer: avro.Type, branches: readonly avro.Type[]): avro.Type | undefined {
  const type = plainType(writer)
  const alike = branches.filter((branch) => plainType(branch).typeName === type.typeName)
  if (type.name === undefined && alike.length > 0) return alike[0]
  return (
    alike.find((branch) => plainType(branch).name === type.name) ??
    alike.find((branch) => namesOf(plainType(branch)).includes(type.name)) ??
    alike.find((branch) => meansSame(type, plainType(branch))) ??
    branches.find((branch) => promotionOf(writer, branch) !== undefined && meansAlike(writer, branch))
  )
}
