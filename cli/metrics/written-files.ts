import { dashboards } from '../../dashboards/grafana/index.ts'
import { metricsPage } from './table.ts'

/** What is written from code, by its path in the repository. */
export const writtenFiles = (): Map<string, string> =>
  new Map([
    ['docs/metrics.md', metricsPage()],
    ...Object.entries(dashboards).map(
      ([name, dashboard]) =>
        [`dashboards/grafana/json/${name}.json`, `${JSON.stringify(dashboard, null, 2)}\n`] as const,
    ),
  ])
