import avro from 'avsc'
import { isUnion, plainType } from './parse.ts'

const { types } = avro

const ofPrimitive: Readonly<Record<string, number>> = { null: 0, float: 4, double: 8 }

/** How many bytes a value of a type takes at least. */
export const leastBytes = (type: avro.Type): number => least(plainType(type), new Set())

/** @param around records that it lies in, which would hold themselves for ever if they took none by themselves */
function least(type: avro.Type, around: ReadonlySet<avro.Type>): number {
  if (type instanceof types.FixedType) return type.size
  if (isUnion(type)) return 1 + Math.min(...type.types.map((each) => least(plainType(each), around)))
  if (!(type instanceof types.RecordType)) return ofPrimitive[type.typeName] ?? 1
  if (around.has(type)) return 0
  const within = new Set([...around, type])
  return type.fields.reduce((sum, field) => sum + least(plainType(field.type), within), 0)
}
