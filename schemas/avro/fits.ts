import avro from 'avsc'
import { defaultOf, isUnion, logicalNameOf, plainType, valuesOf } from './parse.ts'
import { isUuid } from './uuid.ts'

const { types } = avro

/** Whether a value is one of a type. A long is a number that holds it exactly, or a bigint. */
export const fits = (type: avro.Type, value: unknown): boolean => misfitIn(type, value) === undefined

/** Which part of a value does not fit, and what would; not what it is, for it may be anybody's name. */
export function misfit(type: avro.Type, value: unknown): string {
  const { path, wanted } = misfitIn(type, value) ?? { path: [], wanted: type }
  return `${path.join('.') || 'the value'} is not ${JSON.stringify(wanted.schema())}`
}

interface Misfit {
  path: (string | number)[]
  wanted: avro.Type
}

const INT = 2 ** 31
const LONG = 2n ** 63n

export const isLong = (value: unknown): boolean =>
  Number.isSafeInteger(value) || (typeof value === 'bigint' && value >= -LONG && value < LONG)

/** Whether a number is one of a float, which may round it, but does not make it infinite. */
export const isFloat = (value: unknown): boolean =>
  typeof value === 'number' && (Number.isFinite(Math.fround(value)) || !Number.isFinite(value))

const simple: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  int: (value) => Number.isInteger(value) && (value as number) >= -INT && (value as number) < INT,
  long: isLong,
  float: isFloat,
  double: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
  bytes: (value) => Buffer.isBuffer(value),
}

function misfitIn(wanted: avro.Type, value: unknown): Misfit | undefined {
  const type = plainType(wanted)
  if (type instanceof types.RecordType) return misfitInRecord(type, value)
  if (type instanceof types.ArrayType) {
    if (!Array.isArray(value)) return { path: [], wanted }
    return firstMisfit(value.entries(), () => type.itemsType)
  }
  if (type instanceof types.MapType) {
    if (!isObject(value)) return { path: [], wanted }
    return firstMisfit(Object.entries(value), () => valuesOf(type))
  }
  return fitsSimply(wanted, value) ? undefined : { path: [], wanted }
}

function fitsSimply(wanted: avro.Type, value: unknown): boolean {
  const type = plainType(wanted)
  if (isUnion(type)) return branchOf(type.types, value) >= 0
  if (type instanceof types.EnumType) return type.symbols.includes(value as string)
  if (type instanceof types.FixedType) return Buffer.isBuffer(value) && value.length === type.size
  if (logicalNameOf(wanted) === 'uuid' && !isUuid(value)) return false
  return simple[type.typeName]!(value)
}

/**
 * Which branch of a union a value is of, -1 if of none: a number of the first that holds it exactly, or else rounds it; an object of the first record that has its
 * fields and no others, else of the first that has all of them.
 */
export function branchOf(branches: readonly avro.Type[], value: unknown): number {
  const others = branches.filter(({ typeName }) => typeName !== 'null')
  if (others.length === 1 && value !== null)
    return fits(others[0]!, value) ? branches.indexOf(others[0]!) : -1
  const places = [...branches.keys()].filter((at) => fits(branches[at]!, value))
  if (typeof value === 'number')
    return places.find((at) => holdsExactly(branches[at]!.typeName, value)) ?? places[0] ?? -1
  const missing = places.map((at) => defaultsFor(branches[at]!, value))
  const whole = missing.indexOf(0)
  return places[whole >= 0 ? whole : missing.findIndex((count) => count >= 0)] ?? -1
}

const holdsExactly = (typeName: string, value: number) =>
  typeName === 'double' || Object.is(typeName === 'float' ? Math.fround(value) : value + 0, value)

/** How many fields of a record a value leaves to their defaults; below 0 if it has others than the record. */
function defaultsFor(branch: avro.Type, value: unknown): number {
  if (!(branch instanceof types.RecordType)) return 0
  const given = Object.entries(value as object).flatMap(([name, each]) => (each === undefined ? [] : [name]))
  const names = new Set(branch.fields.map(({ name }) => name))
  return given.every((name) => names.has(name)) ? names.size - given.length : -1
}

function misfitInRecord(type: avro.types.RecordType, value: unknown): Misfit | undefined {
  if (!isObject(value)) return { path: [], wanted: type }
  const given = type.fields.filter(
    (field) => value[field.name] !== undefined || defaultOf(field) === undefined,
  )
  const types = new Map(given.map((field) => [field.name, field.type]))
  return firstMisfit(
    given.map(({ name }) => [name, value[name]] as const),
    (name) => types.get(name as string)!,
  )
}

function firstMisfit(
  parts: Iterable<readonly [string | number, unknown]>,
  typeOf: (name: string | number) => avro.Type,
): Misfit | undefined {
  for (const [name, part] of parts) {
    const found = misfitIn(typeOf(name), part)
    if (found !== undefined) return { path: [name, ...found.path], wanted: found.wanted }
  }
  return undefined
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
