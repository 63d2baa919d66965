import { compileFunction } from 'node:vm'
import avro from 'avsc'
import { ByteWriter } from '../byte-writer.ts'
import { MOST_WEIGHTLESS } from './byte-reader.ts'
import { branchOf, fits, isFloat, isLong, misfit } from './fits.ts'
import { leastBytes } from './least-bytes.ts'
import { defaultOf, isUnion, logicalNameOf, plainType, valuesOf } from './parse.ts'
import { isUuid } from './uuid.ts'

/** Writes a value behind what there is. @throws TypeError for one that does not fit */
export type Write = ((value: unknown, to: ByteWriter) => void) & {
  /** Values that a piece of JavaScript writes as well, without a call: the first case that holds of `value`. */
  readonly cases?: readonly Case[]
}

type Case = readonly [condition: string, statement: string]

const withCases = (cases: readonly Case[], write: Write): Write => Object.assign(write, { cases })

const { types } = avro

/** What writes values of a type. A field that is undefined is its default; a number in a union is of the first type that holds it exactly. */
export function compileWriter(type: avro.Type): Write {
  const write = writerOf(type, new Map())
  return (value, to) => {
    const from = to.length
    try {
      write(value, to)
    } catch (error) {
      to.truncate(from)
      if (!(error instanceof Misfit)) throw error
      throw new TypeError(misfit(type, value))
    }
  }
}

/** Something does not fit: what, is found out when it is told. */
class Misfit extends Error {}

/** Without a stack, which nobody sees and which would cost more than a record. */
const doesNotFit = new Misfit()

const checked =
  <V>(is: (value: unknown) => boolean, write: (value: V, to: ByteWriter) => void): Write =>
  (value, to) => {
    if (!is(value)) throw doesNotFit
    write(value as V, to)
  }

const primitives: Readonly<Record<string, Write>> = {
  null: checked(
    (value) => value === null,
    () => undefined,
  ),
  boolean: checked<boolean>(
    (value) => typeof value === 'boolean',
    (value, to) => to.byte(value ? 1 : 0),
  ),
  int(value, to) {
    if (typeof value !== 'number' || (value | 0) !== value) throw doesNotFit
    to.avroLong(value)
  },
  long: withCases([['Number.isSafeInteger(value)', 'to.avroLong(value)']], (value, to) => {
    if (Number.isSafeInteger(value)) to.avroLong(value as number)
    else if (typeof value === 'bigint' && isLong(value)) to.avroBigint(value)
    else throw doesNotFit
  }),
  float: checked<number>(isFloat, (value, to) => to.floatLittleEndian(value)),
  double: checked<number>(
    (value) => typeof value === 'number',
    (value, to) => to.doubleLittleEndian(value),
  ),
  string: withCases(
    [[`typeof value === 'string'`, 'to.avroString(value)']],
    checked<string>(
      (value) => typeof value === 'string',
      (value, to) => to.avroString(value),
    ),
  ),
  bytes: checked<Buffer>(Buffer.isBuffer, (value, to) => {
    to.avroLong(value.length)
    to.bytes(value)
  }),
}

function writerOf(type: avro.Type, known: Map<avro.Type, Write>): Write {
  const plain = plainType(type)
  if (plain instanceof types.RecordType) return recordWriter(plain, known)
  if (isUnion(plain)) return unionWriter(plain.types, known)
  if (plain instanceof types.EnumType) return enumWriter(plain)
  if (plain instanceof types.ArrayType)
    return arrayWriter(writerOf(plain.itemsType, known), leastBytes(plain.itemsType))
  if (plain instanceof types.MapType) return mapWriter(writerOf(valuesOf(plain), known))
  if (plain instanceof types.FixedType)
    return checked<Buffer>(
      (value) => fits(plain, value),
      (value, to) => to.bytes(value),
    )
  const write = primitives[plain.typeName]!
  return logicalNameOf(type) === 'uuid' ? checked(isUuid, write) : write
}

/** A function that is written for these fields, as what reads them is; for most values it calls no other. */
function recordWriter(type: avro.types.RecordType, known: Map<avro.Type, Write>): Write {
  const before = known.get(type)
  if (before !== undefined) return before
  let whole: Write | undefined
  known.set(type, (value, to) => whole!(value, to))
  const writes = type.fields.map((field) => orDefault(field, writerOf(field.type, known)))
  const lines = type.fields.map(({ name }, index) => {
    const cases = (writes[index]!.cases ?? []).map(
      ([holds, statement]) => `if (${holds}) { ${statement} } else `,
    )
    return `{ const value = record.${name}; ${cases.join('')}write${index}(value, to) }`
  })
  const make = compileFunction(
    `return function writeRecord(record, to) {\n${lines.join('\n')}\n}`,
    writes.map((_, index) => `write${index}`),
  ) as (...writes: Write[]) => Write
  const write = make(...writes)
  return (whole = (value, to) => {
    if (typeof value !== 'object' || value === null) throw doesNotFit
    write(value, to)
  })
}

function orDefault(field: avro.types.Field, write: Write): Write {
  const byDefault = defaultOf(field)
  if (byDefault === undefined) return write
  if (!fits(field.type, byDefault.value))
    throw new TypeError(`the default of ${field.name}: ${misfit(field.type, byDefault.value)}`)
  const out = new ByteWriter(0)
  write(byDefault.value, out)
  const bytes = out.take()
  return withCases(write.cases ?? [], (value, to) => {
    if (value === undefined) to.bytes(bytes)
    else write(value, to)
  })
}

function unionWriter(branches: readonly avro.Type[], known: Map<avro.Type, Write>): Write {
  const writes = branches.map((branch) => writerOf(branch, known))
  const nullAt = branches.findIndex(({ typeName }) => typeName === 'null')
  const other = 1 - nullAt
  if (branches.length === 2 && nullAt >= 0) {
    const isNull: Case = ['value === null', `to.byte(${2 * nullAt})`]
    const ofOther = (writes[other]!.cases ?? []).map(([holds, statement]): Case => [
      holds,
      `to.byte(${2 * other}); ${statement}`,
    ])
    return withCases([isNull, ...ofOther], (value, to) => {
      to.byte(2 * (value === null ? nullAt : other))
      if (value !== null) writes[other]!(value, to)
    })
  }
  return (value, to) => {
    const at = branchOf(branches, value)
    if (at < 0) throw doesNotFit
    to.avroLong(at)
    writes[at]!(value, to)
  }
}

function enumWriter({ symbols }: avro.types.EnumType): Write {
  const places = new Map<unknown, number>(symbols.map((symbol, index) => [symbol, index]))
  return (value, to) => {
    const place = places.get(value)
    if (place === undefined) throw doesNotFit
    to.avroLong(place)
  }
}

function arrayWriter(item: Write, itemBytes: number): Write {
  const most = itemBytes === 0 ? MOST_WEIGHTLESS : Infinity
  return (value, to) => {
    if (!Array.isArray(value) || value.length > most) throw doesNotFit
    if (value.length > 0) to.avroLong(value.length)
    for (const each of value as unknown[]) item(each, to)
    to.byte(0)
  }
}

function mapWriter(write: Write): Write {
  return (value, to) => {
    if (typeof value !== 'object' || value === null) throw doesNotFit
    const entries = Object.entries(value)
    if (entries.length > 0) to.avroLong(entries.length)
    for (const [key, each] of entries) {
      to.avroString(key)
      write(each, to)
    }
    to.byte(0)
  }
}
