import type { Asked, Dashboard, Panel, Row, Threshold, Variable } from './schema.ts'

/** A panel and how wide and high it is; Grafana's grid has 24 columns. */
interface Sized {
  panel: Panel
  width: number
  height: number
}

interface Said {
  title: string
  /** What it shows, and what to do when it looks wrong. */
  description: string
  targets: Asked[]
  /** Grafana's name of it: `s`, `percentunit`, `short` … */
  unit: string
  /** The values from which on it is orange or red. Default: never. */
  thresholds?: { orange?: number; red?: number }
  max?: number
  /** Shows so much of the past instead of the dashboard's span: `6h`. */
  timeFrom?: string
}

const prometheus = { type: 'prometheus', uid: '$prometheus' }
const clickhouse = { type: 'grafana-clickhouse-datasource', uid: '$clickhouse' }

/** A query in PromQL; `legend` may name labels, `{{topology}}`. */
export const promql = (expr: string, legend?: string): Asked => ({
  datasource: prometheus,
  expr,
  ...(legend !== undefined && { legendFormat: legend }),
})

/** A query in SQL whose rows are a time and figures, or any. */
export const sql = (rawSql: string, queryType: 'timeseries' | 'table'): Asked => ({
  datasource: clickhouse,
  editorType: 'sql',
  queryType,
  format: queryType === 'table' ? 1 : 0,
  rawSql,
  pluginVersion: '4.0.0',
})

/** One figure, as it is now: of several queries each under its legend. */
export function figure(said: Said, width = 4): Sized {
  const panel: Panel = {
    type: 'stat',
    ...head(said),
    fieldConfig: { defaults: defaults(said), overrides: [] },
    options: {
      graphMode: 'area',
      colorMode: 'value',
      justifyMode: 'auto',
      textMode: 'auto',
      orientation: 'auto',
      wideLayout: true,
      showPercentChange: false,
      percentChangeColorMode: 'standard',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
  }
  return { panel, width, height: 4 }
}

/** Lines over time, or bars where each value is of a span. */
export function graph(said: Said & { bars?: boolean; stacked?: boolean }, width = 8): Sized {
  const panel: Panel = {
    type: 'timeseries',
    ...head(said),
    fieldConfig: {
      defaults: {
        ...defaults(said),
        custom: {
          drawStyle: said.bars === true ? 'bars' : 'line',
          showPoints: 'auto',
          spanNulls: false,
          lineWidth: 1,
          fillOpacity: said.bars === true ? 60 : 8,
          ...(said.stacked === true && { stacking: { mode: 'normal', group: 'A' } }),
          ...(said.thresholds !== undefined && { thresholdsStyle: { mode: 'line' } }),
        },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['lastNotNull', 'max'] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  }
  return { panel, width, height: 8 }
}

/** Rows and columns; `units` of columns that have another than the panel. */
export function rows(
  said: Said & {
    units?: Readonly<Record<string, string>>
    transformations?: Panel['transformations']
    colour?: boolean
  },
  width = 12,
): Sized {
  const panel: Panel = {
    type: 'table',
    ...head(said),
    fieldConfig: {
      defaults: {
        ...defaults(said),
        ...(said.colour === true && {
          color: { mode: 'continuous-blues' },
          custom: { cellOptions: { type: 'color-background', mode: 'gradient' } },
        }),
      },
      overrides: Object.entries(said.units ?? {}).map(([column, unit]) => ({
        matcher: { id: 'byName', options: column },
        properties: [{ id: 'unit', value: unit }],
      })),
    },
    options: { frameIndex: 0, showHeader: true, cellHeight: 'sm' },
    ...(said.transformations !== undefined && { transformations: said.transformations }),
  }
  return { panel, width, height: 10 }
}

const head = ({ title, description, targets, timeFrom }: Said) => ({
  title,
  description,
  datasource: targets[0]!.datasource,
  ...(timeFrom !== undefined && { timeFrom }),
  targets: targets.map((target, i) => ({ refId: String.fromCharCode(65 + i), ...target })),
})

const defaults = ({ unit, thresholds = {}, max }: Said) => ({
  unit,
  min: 0,
  ...(max !== undefined && { max }),
  thresholds: { mode: 'absolute' as const, steps: steps(thresholds) },
})

function steps({ orange, red }: NonNullable<Said['thresholds']>): Threshold[] {
  return [
    { value: null, color: 'green' },
    ...(orange === undefined ? [] : [{ value: orange, color: 'orange' }]),
    ...(red === undefined ? [] : [{ value: red, color: 'red' }]),
  ]
}

/** A choice among the data sources of a kind, so that the dashboard fits any Grafana. */
export const source = (name: 'prometheus' | 'clickhouse'): Variable => ({
  type: 'datasource',
  name,
  label: name === 'prometheus' ? 'Prometheus' : 'ClickHouse',
  query: (name === 'prometheus' ? prometheus : clickhouse).type,
})

/** A choice of values of a label, all of them at first; in PromQL `label=~"$name"`. */
export const valuesOf = (name: string, label: string, metric: string): Variable => ({
  type: 'query',
  name,
  label: name,
  datasource: prometheus,
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: '.*',
  current: { text: ['All'], value: ['$__all'] },
  query: { query: `label_values(${metric}, ${label})`, refId: name },
})

/** Panels in rows under their headings, side by side as long as there is room. */
export function dashboard({
  sections,
  variables,
  ...said
}: Pick<Dashboard, 'uid' | 'title' | 'description' | 'time' | 'refresh'> & {
  variables: Variable[]
  sections: Readonly<Record<string, readonly Sized[]>>
}): Dashboard {
  return {
    ...said,
    tags: ['continuo'],
    timezone: 'utc',
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    annotations: { list: [] },
    templating: { list: variables },
    panels: laidOut(sections),
  }
}

function laidOut(sections: Readonly<Record<string, readonly Sized[]>>): (Panel | Row)[] {
  const panels: (Panel | Row)[] = []
  let [x, y, lowest] = [0, 0, 0]
  const place = (width: number, height: number) => {
    if (x + width > 24) [x, y] = [0, lowest]
    const gridPos = { x, y, w: width, h: height }
    ;[x, lowest] = [x + width, Math.max(lowest, y + height)]
    return { id: panels.length + 1, gridPos }
  }
  for (const [title, sized] of Object.entries(sections)) {
    ;[x, y] = [0, lowest]
    panels.push({ type: 'row', title, collapsed: false, panels: [], ...place(24, 1) })
    for (const { panel, width, height } of sized) panels.push({ ...panel, ...place(width, height) })
  }
  return panels
}
