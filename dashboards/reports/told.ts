import type { Column, Row, Told } from './report.ts'

/** How often and how long (ms); the columns are {@link playsColumns}. */
export interface PlaysTold {
  plays: Told
  msPlayed: Told
}

export const playsColumns: readonly Column[] = [
  { name: 'plays', title: 'Plays', unit: 'plays' },
  { name: 'msPlayed', title: 'Time', unit: 'ms' },
]

export const artistColumns: readonly [Column, ...Column[]] = [
  { name: 'rank', title: '#', unit: 'text' },
  { name: 'artistName', title: 'Artist', unit: 'text' },
  ...playsColumns,
  { name: 'artistId', title: 'ID', unit: 'id' },
]

/** The figure of what the API has no row of: 0; with k > 1 it is not known, since fewer than k listeners may have played. */
export const untold = (k: number): Told => (k === 1 ? 0 : null)

/** Plays of a row, or of none. */
export const playsOf = (row: PlaysTold | undefined, k: number): PlaysTold => ({
  plays: row?.plays ?? untold(k),
  msPlayed: row?.msPlayed ?? untold(k),
})

/** Plays of all these rows together. */
export const totalOf = (rows: readonly { plays: number; msPlayed: number }[]) => ({
  plays: rows.reduce((sum, { plays }) => sum + plays, 0),
  msPlayed: rows.reduce((sum, { msPlayed }) => sum + msPlayed, 0),
})

/** Rows with their rank, from 1 on. */
export const ranked = <Fields extends Record<keyof Fields, string | Told>>(rows: readonly Fields[]): Row[] =>
  rows.map((row, index) => ({ rank: String(index + 1), ...(row as Row) }))

/** How figures that are published are to be read. */
export const rule = (k: number): string =>
  k === 1
    ? 'Figures are of everybody, however few.'
    : `What fewer than ${k} listeners have played is left out; figures are rounded down to steps of ${k}, time to steps of ${k} minutes.`

/** The note of a table that may have rows without figures. */
export const gaps = (k: number): { note?: string } =>
  k === 1 ? {} : { note: `Without a figure: played by nobody, or by fewer than ${k} listeners.` }
