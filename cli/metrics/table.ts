import type { MetricObject } from 'prom-client'
import { registriesByRole } from './registries.ts'

/** Where the values of each label come from: from code and names of Kafka, never from an event or a client, so that there are few for ever. */
const labels: Readonly<Record<string, string>> = {
  breaker: '`feedback`, `token_keys`, or `limit_` and a limit: what is left alone when it fails',
  channel: '`top-artists` or `me:recommendations`, as subscribers call it',
  code: 'of a close or an error: `gateway/live/protocol/codes.ts`; 3000: the client has closed',
  kind: '`play`, `duplicate` or `malformed`',
  limit: '`connects`, `commands`, `publishes`, `sockets_per_address` or `sockets`',
  method: 'of the server API: `gateway/live/api/`',
  outcome:
    'of a row `drop` or `dead_letter`; of a push `attempted`, `accepted`, `deferred`, `failed`, `pruned`, `dropped` or `clicked`; of what cannot be counted `let_through` or `refused`',
  partition: 'number of a partition; of the topic where there is a label `topic`, else of the task',
  reason:
    'snake_case, from code: why a row, a record, a push or a socket went no further; empty where there is none',
  recovered: '`true` or `false`',
  role: 'the process: `run`, `sinks`, `gateway` …; every metric has it',
  route: 'of the page as it is registered, or `none`',
  sink: '`clickhouse`, `redis` or `redis-lists`',
  stage: 'a topology, or a sink as dead letters name it: `clickhouse-sink`',
  status: 'of HTTP',
  step: 'the step, join or source of a topology',
  topic: 'name in Kafka, with its prefix',
  topology: 'name, for a version beside the first with `@` and its number',
}

interface Described extends MetricObject {
  labelNames: string[]
}

/** `docs/metrics.md`: every metric of every process. @throws if one has a label of which nothing is said */
export function metricsPage(): string {
  const roles = Object.entries(registriesByRole()).map(([role, registry]) => {
    const rows = (registry.getMetricsAsArray() as Described[]).map((metric) => [
      `\`${metric.name}\``,
      metric.type as unknown as string,
      metric.labelNames.map(named).join(', '),
      metric.help,
    ])
    return `## \`continuo ${role}\`\n\n${table(['metric', 'type', 'labels', 'meaning'], rows)}`
  })
  const said = table(
    ['label', 'where its values come from'],
    Object.entries(labels).map(([label, from]) => [`\`${label}\``, from]),
  )
  return [
    '# Metrics',
    '',
    'Each process answers `/metrics` at its health port (`HEALTH_PORT`) for Prometheus; `docs/alerts.yml` and the dashboards in `dashboards/grafana/` go by them. `npm run metrics:write`',
    'writes this page from what the processes register. Seconds are seconds, times are seconds since 1970. Beside these each process tells the figures of Node by',
    '[prom-client](https://github.com/siimon/prom-client#default-metrics) (`process_…`, `nodejs_…`); `continuo trainer` has these alone.',
    '',
    ...roles.flatMap((role) => [role, '']),
    '## Labels',
    '',
    said,
    '',
  ].join('\n')
}

function named(label: string): string {
  if (labels[label] === undefined)
    throw new Error(`label ${label}: say in cli/metrics/table.ts where its values come from`)
  return `\`${label}\``
}

/** A table of Markdown, its columns as wide as their widest cell. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
