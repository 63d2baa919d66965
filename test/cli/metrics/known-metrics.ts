import { Registry, collectDefaultMetrics } from 'prom-client'
import { registriesByRole } from '../../../cli/metrics/registries.ts'
import { metricOf } from '../../kit/metrics-page.ts'

interface Known {
  labels: ReadonlySet<string>
}

/** What Prometheus itself adds to every series, and every process of ours. */
const ALWAYS = ['instance', 'job', 'role']

/** Node's own figures have no labels that a panel goes by. */
const ofNode = new Registry()
collectDefaultMetrics({ register: ofNode })

/** What is known of the metric of a series, before anything has happened; undefined: there is none. */
export function metricNamed(series: string): Known | undefined {
  // Of Prometheus itself: whether a process answers.
  if (series === 'up') return { labels: new Set(['instance', 'job']) }
  const name = metricOf(series)
  for (const registry of [...Object.values(registriesByRole()), ofNode]) {
    const metric = registry.getSingleMetric(name) as { labelNames?: string[] } | undefined
    if (metric === undefined) continue
    const ofBuckets = series.endsWith('_bucket') ? ['le'] : []
    return { labels: new Set([...ALWAYS, ...ofBuckets, ...(metric.labelNames ?? [])]) }
  }
  return undefined
}
