import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Dashboard, Panel, Variable } from '../../dashboards/grafana/schema.ts'

const root = join(import.meta.dirname, '../..')
const json = join(root, 'dashboards/grafana/json')

/** The dashboards as Grafana reads them, by file. */
export const dashboardFiles: ReadonlyMap<string, Dashboard> = new Map(
  readdirSync(json).map((file) => [file, JSON.parse(readFileSync(join(json, file), 'utf8')) as Dashboard]),
)

/** Every panel of every dashboard that asks for something, with where it is. */
export const panels: { where: string; panel: Panel }[] = [...dashboardFiles].flatMap(([file, dashboard]) =>
  dashboard.panels.flatMap((panel) =>
    panel.type === 'row' ? [] : [{ where: `${file}, ${panel.title}`, panel }],
  ),
)

interface Rules {
  groups: { rules: { alert?: string; record?: string; expr: string }[] }[]
}

/** The rules of docs/alerts.yml. */
export const rules = (parse(readFileSync(join(root, 'docs/alerts.yml'), 'utf8')) as Rules).groups.flatMap(
  (group) => group.rules,
)

/** Every expression in PromQL of alerts, panels and choices, with where it is. */
export const expressions: { where: string; expr: string }[] = [
  ...rules.map(({ alert, record, expr }) => ({ where: `docs/alerts.yml, ${alert ?? record}`, expr })),
  ...panels.flatMap(({ where, panel: { targets } }) =>
    targets.flatMap((target) => ('expr' in target ? [{ where, expr: target.expr }] : [])),
  ),
  ...[...dashboardFiles].flatMap(([file, { templating }]) =>
    templating.list.flatMap((variable) => expressionOf(file, variable)),
  ),
]

function expressionOf(file: string, { name, query }: Variable): { where: string; expr: string }[] {
  const text = typeof query === 'object' ? ((query as { query?: string }).query ?? '') : ''
  const [, metric, label] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? []
  return metric === undefined ? [] : [{ where: `${file}, ${name}`, expr: `group by (${label}) (${metric})` }]
}
