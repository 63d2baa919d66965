import { type EChartsOption, init } from 'echarts/dist/echarts.esm.min'
import { percent, shortCount } from '../../web/model/format.ts'
import type { Chart, Column, Row, Table, Told } from '../report.ts'

const WIDE = 720
/** The width of a chart that stands beside its table. */
const NARROW = 460
const ROW = 24
/** How many bars a ranking has; its table has all. */
const RANKED = 10
const LONGEST_LABEL = 28

/** Drawn wide above its table, or narrow beside it. */
export const isWide = ({ kind }: Chart): boolean => kind !== 'bars'

/** A table's chart as SVG. Colours are variables of the page's style, so that they follow its theme. */
export function chartOf(table: Table): string | undefined {
  const { chart, rows, columns } = table
  if (chart === undefined) return undefined
  const width = isWide(chart) ? WIDE : NARROW
  if (chart.kind === 'heat') return drawn(heat(chart.whole, columns, rows), width, ROW * (rows.length + 2))
  const column = columns.find(({ name }) => name === chart.value)!
  const labels = rows.map((row) => short(String(row[chart.label])))
  const values = rows.map((row) => row[chart.value] as Told)
  if (chart.kind === 'ranking')
    return drawn(
      ranking(column, labels.slice(0, RANKED), values.slice(0, RANKED)),
      width,
      ROW * (Math.min(rows.length, RANKED) + 2),
    )
  return drawn(overTime(chart.kind, column, labels, values), width, chart.kind === 'bars' ? 280 : 220)
}

/** The library measures and cuts no text of thousands of characters, and SVG knows no control characters. */
function short(text: string): string {
  const plain = Array.from(text.slice(0, 4 * LONGEST_LABEL).replace(/\p{C}|\s+/gu, ' '))
  return plain.length > LONGEST_LABEL ? `${plain.slice(0, LONGEST_LABEL - 1).join('')}…` : plain.join('')
}

function drawn(option: EChartsOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option })
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

const still = { silent: true, emphasis: { disabled: true } } as const
const axisLabel = { color: 'var(--muted)', fontSize: 12 }
/** The first and the last label of a line stay within the chart. */
const atEdges = { alignMinLabel: 'left', alignMaxLabel: 'right' } as const
const axisLine = { lineStyle: { color: 'var(--line)' } }

const counts = ({ title }: Column) => ({
  type: 'value' as const,
  name: title,
  nameTextStyle: { color: 'var(--muted)', fontSize: 12 },
  minInterval: 1,
  axisLabel: { ...axisLabel, formatter: (value: number) => shortCount(value) },
  splitLine: axisLine,
})

const categories = (data: readonly string[]) => ({
  type: 'category' as const,
  data: [...data],
  axisLabel: { ...axisLabel, hideOverlap: true },
  axisTick: { show: false },
  axisLine,
})

const overTime = (
  kind: 'bars' | 'line',
  column: Column,
  labels: readonly string[],
  values: readonly Told[],
): EChartsOption => ({
  grid: { left: 48, right: 16, top: 32, bottom: 28 },
  xAxis: {
    ...categories(labels),
    boundaryGap: kind === 'bars',
    axisLabel: { ...axisLabel, hideOverlap: true, ...(kind === 'line' && atEdges) },
  },
  yAxis: counts(column),
  series:
    kind === 'bars'
      ? { type: 'bar', data: [...values], itemStyle: { color: 'var(--bar)' }, barMaxWidth: 40, ...still }
      : {
          type: 'line',
          data: [...values],
          symbol: 'circle',
          symbolSize: 3,
          ...still,
          // A point between two that are not told would have no line.
          showSymbol: values.length < WIDE / 4,
          lineStyle: { color: 'var(--accent)', width: 1.75 },
          itemStyle: { color: 'var(--accent)' },
          areaStyle: { color: 'var(--share)' },
        },
})

const ranking = (column: Column, labels: readonly string[], values: readonly Told[]): EChartsOption => ({
  grid: { left: 210, right: 64, top: 4, bottom: 28 },
  xAxis: counts(column),
  // Two may have one name.
  yAxis: {
    ...categories(values.map((_, index) => String(index))),
    inverse: true,
    axisLabel: {
      color: 'var(--ink)',
      fontSize: 12,
      formatter: (index: string) => labels[Number(index)] ?? '',
    },
  },
  series: { type: 'bar', data: [...values], itemStyle: { color: 'var(--bar)' }, barWidth: '62%', ...still },
})

/** Each other column's share of `whole`, the darker the more. */
function heat(whole: string, columns: readonly Column[], rows: readonly Row[]): EChartsOption {
  const [first, ...others] = columns as [Column, ...Column[]]
  const parts = others.filter(({ name }) => name !== whole)
  const data = rows.flatMap((row, y) =>
    parts.flatMap(({ name }, x) => {
      const [part, all] = [row[name], row[whole]]
      return typeof part === 'number' && typeof all === 'number' ? [[x, y, part / all] as const] : []
    }),
  )
  const most = Math.max(...data.map(([, , share]) => share), 0)
  return {
    grid: { left: 84, right: 8, top: 28, bottom: 4 },
    xAxis: { ...categories(parts.map(({ title }) => title)), position: 'top', axisLine: { show: false } },
    yAxis: {
      ...categories(rows.map((row) => String(row[first.name]))),
      inverse: true,
      axisLine: { show: false },
    },
    visualMap: { show: false, min: 0, max: most || 1, inRange: { opacity: [0.06, 0.55] } },
    series: {
      type: 'heatmap',
      data: data.map((cell) => [...cell]),
      ...still,
      itemStyle: { color: 'var(--accent)' },
      label: {
        show: parts.length < 20,
        color: 'var(--ink)',
        fontSize: 11,
        opacity: 1,
        formatter: ({ value }: { value: unknown }) => percent((value as number[])[2]!).replace(/\.\d/, ''),
      },
    },
  }
}
