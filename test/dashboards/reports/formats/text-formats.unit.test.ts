import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { asCsv } from '../../../../dashboards/reports/formats/csv.ts'
import { asJsonText } from '../../../../dashboards/reports/formats/json.ts'
import type { Report, Table } from '../../../../dashboards/reports/report.ts'
import { hostileNames, someReport } from './hostile.ts'

const linesOf = (report: Report) => parse(asCsv(report))

/** As a spreadsheet keeps it for text. */
function quoted(value: string | number | null): string {
  if (typeof value !== 'string') return String(value ?? '')
  const cells = value
    .split(/([;\t\r\n]\s*)/)
    .map((cell, index) => (index > 0 && RUN.test(cell) ? `'${cell}` : cell))
  return /^[=+\-@\t\r＝＋－＠]/.test(value) ? `'${cells.join('')}` : cells.join('')
}
const RUN = /^[=+\-@＝＋－＠]/

test('JSON read back is the report', () => {
  fc.assert(fc.property(someReport, (report) => assert.deepEqual(JSON.parse(asJsonText(report)), report)))
})

test('CSV read back has every value of the report in its place, whatever somebody is called', () => {
  fc.assert(
    fc.property(someReport, (report) => {
      const wanted = [['table', 'row', 'figure', 'value']]
      for (const { name, value, beside = [] } of report.figures) {
        wanted.push(['figures', name, 'value', quoted(value)])
        for (const other of beside) wanted.push(['figures', name, other.name, quoted(other.value)])
      }
      for (const row of report.tables[0]!.rows)
        for (const figure of ['artistName', 'plays', 'msPlayed'])
          wanted.push(['artists', row['rank'] as string, figure, quoted(row[figure]!)])
      assert.deepEqual(linesOf(report), wanted)
    }),
  )
})

test('no cell of the CSV begins with what a spreadsheet runs, whatever separates its cells', () => {
  const [report] = fc.sample(someReport, 1)
  const rows = hostileNames.map((artistName, index) => ({ rank: String(index), artistName }))
  const lines = linesOf({ ...report!, tables: [{ ...report!.tables[0]!, rows }] })
  assert.equal(lines.length, 1 + 3 + hostileNames.length)
  for (const cell of lines.flat()) {
    assert.doesNotMatch(cell, /^[=+\-@\t\r]/)
    assert.doesNotMatch(cell, /[;\t\r\n]\s*[=+\-@]/)
  }
})

test('what is not told is an empty value, and what cannot be yet has no line', () => {
  const [report] = fc.sample(someReport, 1)
  const table: Table = {
    name: 'cohorts',
    title: 'Cohorts',
    columns: [
      { name: 'week', title: 'Week', unit: 'text' },
      { name: 'week1', title: '+1', unit: 'listeners' },
      { name: 'week2', title: '+2', unit: 'listeners' },
    ],
    rows: [{ week: '2026-01-05', week1: null }],
  }
  const lines = linesOf({ ...report!, figures: [], tables: [table] })
  assert.deepEqual(lines.slice(1), [['cohorts', '2026-01-05', 'week1', '']])
})
