import { compileFunction } from 'node:vm'
import type avro from 'avsc'
import type { ByteReader } from './byte-reader.ts'

/** Reads a value of a writer's schema as one of a reader's. @throws MalformedError, IncompatibleError */
export type Read = ((from: ByteReader) => unknown) & {
  /** The same as JavaScript, if it is as short as that. */
  readonly code?: string
}

/** What a reader of bytes can be asked for by a name alone. */
export type Method = {
  [K in keyof ByteReader]: ByteReader[K] extends () => unknown ? K : never
}[keyof ByteReader]

export const call = (method: Method): Read =>
  Object.assign((from: ByteReader) => from[method](), { code: `from.${method}()` })

/** A field of a record: read, and kept under its name if it has one. */
export interface Part {
  name?: string
  read: Read
}

/**
 * A function that is written for these fields: what it makes has one shape, and each call leads to one place. A loop over the fields takes
 * three times as long.
 */
export function recordReader(parts: readonly Part[], reader: avro.types.RecordType): Read {
  const lines = parts.map(({ read }, index) => `const v${index} = ${read.code ?? `read${index}(from)`}`)
  const entries = reader.fields.map(({ name }) => {
    const index = parts.findIndex((part) => part.name === name)
    return `${name === '__proto__' ? `['__proto__']` : name}: v${index}`
  })
  const make = compileFunction(
    `return function readRecord(from) {\n${lines.join('\n')}\nreturn { ${entries.join(', ')} }\n}`,
    parts.map((_, index) => `read${index}`),
  ) as (...reads: Read[]) => Read
  return make(...parts.map(({ read }) => read))
}

/** Of a union of two, of which one is null. */
export function nullable(nullAt: number, read: Read): Read {
  const nullOr = (from: ByteReader) => (from.isNull(nullAt) ? null : read(from))
  if (read.code === undefined) return nullOr
  return Object.assign(nullOr, { code: `from.isNull(${nullAt}) ? null : ${read.code}` })
}

/** @param itemBytes that an item takes at least */
export function arrayReader(item: Read, itemBytes: number): Read {
  return (from) => {
    const items: unknown[] = []
    for (let left = from.block(itemBytes); left > 0; left = from.block(itemBytes))
      for (; left > 0; left--) items.push(item(from))
    return items
  }
}

/** @param valueBytes that a value takes at least */
export function mapReader(value: Read, valueBytes: number): Read {
  return (from) => {
    const entries: [string, unknown][] = []
    for (let left = from.block(1 + valueBytes); left > 0; left = from.block(1 + valueBytes))
      for (; left > 0; left--) entries.push([from.string(), value(from)])
    return Object.fromEntries(entries)
  }
}
