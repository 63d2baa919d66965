import { stringify } from 'csv-stringify/sync'
import type { Report } from '../report.ts'

/** A value in its place. Figures without a table are in `figures`; what is not told is empty. */
interface Line {
  table: string
  /** The first column of the table, which tells rows apart. */
  row: string
  figure: string
  value: string | number | null
}

/**
 * One table of all values, in UTF-8: table, row, figure, value. Text that a spreadsheet would run, as it begins with =, + or the like, has a ' before it;
 * so has what is behind a ;, a tab or a new line, where a spreadsheet of another country begins a new cell.
 */
export const asCsv = (report: Report): string =>
  stringify([...linesOf(report)], {
    header: true,
    columns: ['table', 'row', 'figure', 'value'] satisfies (keyof Line)[],
    escape_formulas: true,
    cast: { string: (text) => text.replace(BEHIND_A_SEPARATOR, "'") },
  })

const BEHIND_A_SEPARATOR = /(?=[=+\-@＝＋－＠])(?<=[;\t\r\n]\s*)/g

function* linesOf({ figures, tables }: Report): Generator<Line> {
  for (const { name, value, beside = [] } of figures) {
    yield { table: 'figures', row: name, figure: 'value', value }
    for (const other of beside) yield { table: 'figures', row: name, figure: other.name, value: other.value }
  }
  for (const { name: table, columns, rows } of tables) {
    const [first, ...others] = columns
    for (const row of rows)
      for (const { name: figure } of others) {
        const value = row[figure]
        if (value !== undefined) yield { table, row: String(row[first.name]), figure, value }
      }
  }
}
