import { ByteWriter } from '../../schemas/byte-writer.ts'
import { UnfitError } from '../decode.ts'

/** How values lie in a row of RowBinary, under the name that a table has for their type. */
export interface ColumnType<T> {
  name: string
  /** @throws UnfitError */
  write(out: ByteWriter, value: T): void
}

/** A column, and what it holds of a value. */
export interface Column<V> {
  type: string
  of(value: V): unknown
  /** @throws UnfitError */
  write(out: ByteWriter, value: V): void
}

/** Columns by their names, in the order in which they lie in a row. */
export type Columns<V> = Readonly<Record<string, Column<V>>>

export const column = <V, T>(type: ColumnType<T>, of: (value: V) => T): Column<V> => ({
  type: type.name,
  of,
  write: (out, value) => type.write(out, of(value)),
})

export const text: ColumnType<string> = { name: 'String', write: (out, value) => out.text(value) }

export const bool: ColumnType<boolean> = { name: 'Bool', write: (out, value) => out.byte(Number(value)) }

/** For an int of Avro, which has as many bits. */
export const int32: ColumnType<number> = {
  name: 'Int32',
  write: (out, value) => out.int32LittleEndian(value),
}

/** For a long: the codec decodes none that is not exact. */
export const int64: ColumnType<number> = {
  name: 'Int64',
  write: (out, value) => out.int64LittleEndian(value),
}

export const uint16: ColumnType<number> = {
  name: 'UInt16',
  write: (out, value) => out.uint16LittleEndian(value),
}

/** Counts: there are none below 0. */
export const uint32: ColumnType<number> = {
  name: 'UInt32',
  write(out, value) {
    if (value >= 2 ** 32) throw new UnfitError('count_too_large')
    out.int32LittleEndian(notNegative(value))
  },
}

export const uint64: ColumnType<number> = {
  name: 'UInt64',
  write: (out, value) => out.int64LittleEndian(notNegative(value)),
}

/** Infinity is no score, and no average has it. */
export const float64: ColumnType<number> = {
  name: 'Float64',
  write: (out, value) => out.doubleLittleEndian(finite(value)),
}

export const EARLIEST = Date.UTC(1900)
export const LATEST = Date.UTC(2299, 11, 31)

/** Milliseconds since 1970, which ClickHouse would bend to its range without a word. */
export const dateTime: ColumnType<number> = {
  name: "DateTime64(3, 'UTC')",
  write(out, ms) {
    if (ms < EARLIEST || ms > LATEST) throw new UnfitError('time_out_of_range')
    out.int64LittleEndian(ms)
  },
}

/** For texts of which there are few. */
export const lowCardinality = <T>({ name, write }: ColumnType<T>): ColumnType<T> => ({
  name: `LowCardinality(${name})`,
  write,
})

export const nullable = <T>({ name, write }: ColumnType<T>): ColumnType<T | null> => ({
  name: `Nullable(${name})`,
  write(out, value) {
    out.byte(value === null ? 1 : 0)
    if (value !== null) write(out, value)
  },
})

export const array = <T>({ name, write }: ColumnType<T>): ColumnType<readonly T[]> => ({
  name: `Array(${name})`,
  write(out, values) {
    out.varint(values.length)
    for (const value of values) write(out, value)
  },
})

function notNegative(count: number): number {
  if (count < 0) throw new UnfitError('negative_count')
  return count
}

function finite(number: number): number {
  if (!Number.isFinite(number)) throw new UnfitError('number_not_finite')
  return number
}

/** What rows are sent in. */
export interface RowFormat {
  /** ClickHouse's name for it. */
  name: string
  /** What each insert begins with. */
  head: Buffer
  columns: readonly string[]
}

/** Each insert says what its columns are called and of which types they are: ClickHouse refuses bytes that it would read as something else. */
export function rowBinary(columns: Columns<never>): RowFormat {
  const out = new ByteWriter()
  const names = Object.keys(columns)
  out.varint(names.length)
  for (const name of names) out.text(name)
  for (const { type } of Object.values(columns)) out.text(type)
  return { name: 'RowBinaryWithNamesAndTypes', head: out.take(), columns: names }
}
