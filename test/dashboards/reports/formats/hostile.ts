import fc from 'fast-check'
import type { Report, Row } from '../../../../dashboards/reports/report.ts'

/** What somebody may call an artist. */
export const hostileNames: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</title></style></svg><script>alert(2)</script>',
  ']]><script>alert(3)</script>',
  '=HYPERLINK("http://evil.example","click")',
  "+1+cmd|' /C calc'!A0",
  '-2+3',
  '@SUM(A1)',
  '\t=1',
  "x;=cmd|' /C calc'!A0",
  'x\t; @SUM(A1)',
  'x\n=1+1',
  '\r=1',
  '\u202Eevil\u202C \u200F\u061C',
  'two\nlines\r\nand more',
  'x'.repeat(10_000),
  '\',"; DROP TABLE plays --',
  '&amp;&lt;',
  '{{1+1}} <%= 1+1 %> $' + '{1+1}',
  '\0\u0007\u2028\uFEFF',
  '',
]

const names = fc.oneof(fc.constantFrom(...hostileNames), fc.string({ unit: 'grapheme' }))
const told = fc.option(fc.nat(), { nil: null })

const rows = fc
  .array(fc.record<Row>({ artistName: names, plays: told, msPlayed: told }), { minLength: 1, maxLength: 20 })
  .map((all) => all.map((row, index) => ({ rank: String(index + 1), ...row })))

/** Reports with names of strangers wherever one may be. */
export const someReport: fc.Arbitrary<Report> = fc
  .record({ title: names, k: fc.constantFrom(1, 10), value: told, before: told, rows })
  .map(({ title, k, value, before, rows: all }) => ({
    name: 'daily',
    title,
    about: `About ${title}`,
    madeAt: '2026-01-31T00:00:00.000Z',
    k,
    figures: [
      {
        name: 'plays',
        title: 'Plays',
        unit: 'plays',
        value,
        beside: [{ name: 'dayBefore', title: 'the day before', value: before }],
      },
      { name: 'msPlayed', title: 'Time', unit: 'ms', value },
    ],
    tables: [
      {
        name: 'artists',
        title: 'Artists',
        chart: { kind: 'ranking', label: 'artistName', value: 'plays' },
        columns: [
          { name: 'rank', title: '#', unit: 'text' },
          { name: 'artistName', title: 'Artist', unit: 'text' },
          { name: 'plays', title: 'Plays', unit: 'plays' },
          { name: 'msPlayed', title: 'Time', unit: 'ms' },
        ],
        rows: all,
      },
    ],
  }))
