import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, parse } from 'parse5'
import { asHtml } from '../../../../dashboards/reports/formats/html.ts'
import type { Report, Table } from '../../../../dashboards/reports/report.ts'
import { someReport } from './hostile.ts'

type Element = DefaultTreeAdapterTypes.Element
type Node = DefaultTreeAdapterTypes.ChildNode | DefaultTreeAdapterTypes.Document

function elementsIn(node: Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes : []
  return children.flatMap((child) => ('tagName' in child ? [child, ...elementsIn(child)] : elementsIn(child)))
}

const textOf = (node: Node): string =>
  'value' in node ? node.value : 'childNodes' in node ? node.childNodes.map(textOf).join('') : ''

const named = (node: Node, ...tags: string[]) =>
  elementsIn(node).filter(({ tagName }) => tags.includes(tagName))

const attributeOf = ({ attrs }: Element, name: string) => attrs.find((each) => each.name === name)?.value

/** What the value of a cell was: a number, a text, null for what is not told, or nothing. */
function cellOf(cell: Element): string | number | null | undefined {
  const [data] = named(cell, 'data')
  if (data !== undefined) return Number(attributeOf(data, 'value'))
  if (elementsIn(cell).some((each) => attributeOf(each, 'class') === 'untold')) return null
  const [name] = named(cell, 'bdi')
  return name === undefined ? undefined : textOf(name)
}

/** HTML has no NUL, and one kind of line end. */
const inHtml = (text: string) => text.replaceAll('\0', '').replace(/\r\n?/g, '\n')

const readBack = (report: Report) => parse(asHtml(report))

const rowsIn = (node: Node) =>
  named(node, 'tr')
    .map((row) => named(row, 'th', 'td').map(cellOf))
    .filter(([first]) => first !== undefined)

test('HTML read back has the figures and rows of the report, whatever somebody is called', () => {
  fc.assert(
    fc.property(someReport, (report) => {
      const page = readBack(report)
      assert.equal(textOf(named(page, 'h1')[0]!), inHtml(report.title))
      const figures = named(named(page, 'dl')[0]!, 'dd').map(cellOf)
      const wanted = report.figures.flatMap(({ value, beside = [] }) => [
        value,
        ...beside.map((other) => other.value),
      ])
      assert.deepEqual(figures, wanted)
      const rows = report.tables[0]!.rows.map((row) =>
        ['rank', 'artistName', 'plays', 'msPlayed'].map((name) => {
          const value = row[name]
          return typeof value === 'string' ? inHtml(value) : value
        }),
      )
      assert.deepEqual(rowsIn(page), rows)
    }),
    { numRuns: 50 },
  )
})

const harmless = new Set(
  'html head meta title style body main header footer section h1 h2 p bdi dl div dt dd data span table thead tbody tr th td time svg rect path text g'.split(
    ' ',
  ),
)

test('nobody’s name becomes markup: nothing is run, nothing is loaded', () => {
  fc.assert(
    fc.property(someReport, (report) => {
      for (const { tagName, attrs } of elementsIn(readBack(report))) {
        assert.ok(harmless.has(tagName), tagName)
        for (const { name, value } of attrs) {
          assert.doesNotMatch(name, /^on|^(src|href|action|data)$/)
          assert.doesNotMatch(value, /javascript:|url\(/)
        }
      }
    }),
    { numRuns: 50 },
  )
})

const cohorts = (weeks: number): Table => ({
  name: 'cohorts',
  title: 'Cohorts',
  chart: { kind: 'heat', whole: 'listeners' },
  columns: [
    { name: 'week', title: 'Week', unit: 'text' },
    { name: 'listeners', title: 'Listeners', unit: 'listeners' },
    ...Array.from({ length: weeks }, (_, week) => ({
      name: `week${week}`,
      title: `+${week}`,
      unit: 'listeners' as const,
    })),
  ],
  rows: Array.from({ length: weeks }, (_, row) => ({
    week: `week ${row}`,
    listeners: 10,
    ...Object.fromEntries(Array.from({ length: weeks - row }, (__, week) => [`week${week}`, row + week])),
  })),
})

const reportOf = (table: Table): Report => ({
  name: 'x',
  title: 'x',
  about: '',
  madeAt: '2026-01-31T00:00:00.000Z',
  k: 10,
  figures: [],
  tables: [table],
})

test('more columns than a sheet has go on below, with each value once', () => {
  const rows = rowsIn(readBack(reportOf(cohorts(30))))
  assert.ok(rows.every(({ length }) => length <= 14))
  const values = rows.flatMap(([, ...cells]) => cells).filter((cell) => cell !== undefined)
  assert.equal(values.length, 30 + (30 * 31) / 2)
})

test('what is not told is a gap in the chart, what is told is drawn', () => {
  const drawn = (values: (number | null)[], kind: 'bars' | 'line' | 'ranking') => {
    const page = readBack(
      reportOf({
        name: 'hours',
        title: 'Hours',
        chart: { kind, label: 'hour', value: 'plays' },
        columns: [
          { name: 'hour', title: 'Hour', unit: 'text' },
          { name: 'plays', title: 'Plays', unit: 'plays' },
        ],
        rows: values.map((plays, hour) => ({ hour: String(hour), plays })),
      }),
    )
    const [chart] = elementsIn(page).filter((each) => attributeOf(each, 'role') === 'img')
    assert.match(attributeOf(chart!, 'aria-label')!, /^Chart: Hours/)
    const fills = named(chart!, 'path').map((path) => attributeOf(path, 'fill'))
    return fills.filter((fill) => fill === (kind === 'line' ? 'var(--share)' : 'var(--bar)')).length
  }
  assert.equal(drawn([3, null, 5, 1], 'bars'), 3)
  assert.equal(drawn([3, null, 5], 'ranking'), 2)
  assert.equal(
    drawn(
      Array.from({ length: 50 }, (_, index) => index),
      'ranking',
    ),
    10,
  )
})

test('a heat map has a cell for each share that is told', () => {
  const [chart] = elementsIn(readBack(reportOf(cohorts(5)))).filter(
    (each) => attributeOf(each, 'role') === 'img',
  )
  const cells = named(chart!, 'path').filter((path) => attributeOf(path, 'fill') === 'var(--accent)')
  assert.equal(cells.length, 15)
  assert.ok(named(chart!, 'text').map(textOf).includes('40%'))
})
