import { selectorsOf } from './promql.ts'

/** A metric, as `/metrics` tells it. */
export interface Family {
  name: string
  help: string
  type: string
  samples: { name: string; labels: ReadonlyMap<string, string>; value: number }[]
}

/**
 * What a process answers to `/metrics`, by name: Prometheus' text form 0.0.4, read strictly.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @throws Error for a line that is none, a sample without HELP and TYPE before it, or one that is there twice
 */
export function readMetrics(page: string): Map<string, Family> {
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let family: Family | undefined
  if (!page.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of page.split('\n')) {
    const [, comment, name = '', text = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? []
    if (comment === 'HELP') {
      if (families.has(name)) throw new Error(`${name} is told twice`)
      families.set(name, (family = { name, help: text, type: '', samples: [] }))
    } else if (comment === 'TYPE' && family?.name === name) family.type = text
    else if (line !== '') {
      const [, series = '', value = ''] = /^(.+) (\S+)$/.exec(line) ?? []
      if (seen.has(series)) throw new Error(`twice: ${line}`)
      seen.add(series)
      const [selector, ...others] = selectorsOf(series)
      if (selector === undefined || others.length > 0 || family === undefined || family.type === '')
        throw new Error(`not a sample: ${line}`)
      if (selector.metric !== family.name && !partsOf(family).includes(selector.metric))
        throw new Error(`not of ${family.name}: ${line}`)
      family.samples.push({ name: selector.metric, labels: selector.matchers, value: numberOf(value) })
    }
  }
  return families
}

/** What series a metric has beside its own name, or in its place. */
const partsOf = ({ name, type }: Pick<Family, 'name' | 'type'>): string[] =>
  ({
    histogram: ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`),
    summary: ['sum', 'count'].map((part) => `${name}_${part}`),
  })[type] ?? []

/** The metric that a series is of: `x_seconds` for `x_seconds_bucket`. */
export const metricOf = (series: string): string =>
  series.replace(/(_seconds|_bytes)_(bucket|sum|count)$/, '$1')

function numberOf(text: string): number {
  const number = text === '+Inf' ? Infinity : text === 'Nan' ? NaN : Number(text)
  if (Number.isNaN(number) && text !== 'Nan') throw new Error(`not a number: ${text}`)
  return number
}
