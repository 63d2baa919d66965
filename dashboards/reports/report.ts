/** What a number counts, or that there is none: `ms` are milliseconds of music, a `share` is 0 to 1, an `id` is for programs. */
export type Unit = 'text' | 'id' | 'plays' | 'ms' | 'listeners' | 'days' | 'artists' | 'tracks' | 'share'

/** null: it is not told, as it is of too few listeners, or of none. */
export type Told = number | null

/** One number, with those that it is seen beside. */
export interface Figure {
  name: string
  title: string
  unit: Unit
  value: Told
  beside?: readonly { name: string; title: string; value: Told }[]
}

export interface Column {
  name: string
  title: string
  unit: Unit
}

/** Values by the names of columns; one that cannot be yet is absent. */
export type Row = Readonly<Record<string, string | Told>>

/** How a table is drawn: a column of numbers over one of texts; or, of a heat map, each other column's share of `whole`. */
export type Chart =
  { kind: 'bars' | 'line' | 'ranking'; label: string; value: string } | { kind: 'heat'; whole: string }

/** The first column tells rows apart. */
export interface Table {
  name: string
  title: string
  note?: string
  chart?: Chart
  columns: readonly [Column, ...Column[]]
  rows: readonly Row[]
}

/** What every format is made of. Times are of UTC, and text already: `2026-01-31`, `05:00`, `2026-01-31T05:00Z`. */
export interface Report {
  /** What kind it is: `daily`. */
  name: string
  title: string
  about: string
  /** When it was made, ISO 8601. */
  madeAt: string
  /** Each number is of at least so many listeners. */
  k: number
  figures: readonly Figure[]
  tables: readonly Table[]
}

/** A report that cannot be made. The message says why, and what to do. */
export class ReportError extends Error {
  override readonly name = 'ReportError'
}
