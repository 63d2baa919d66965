import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { roleSpecs } from '../../../cli/supervisor/roles.ts'
import { playsByDay } from '../../../dashboards/queries/plays-by-day.ts'
import { panelSql } from '../../../dashboards/grafana/from-query.ts'
import { limits } from '../../../dashboards/queries/query.ts'
import { dashboardFiles, panels } from '../../kit/metrics-used.ts'

const folder = join(import.meta.dirname, '../../../dashboards/grafana')
const yaml = (path: string): unknown => parse(readFileSync(join(folder, path), 'utf8'))

for (const { where, panel } of panels)
  test(`${where}: has a unit, says what to do, and asks the source that is chosen`, () => {
    assert.match(panel.description, /^[A-Z].{10,}[.`]$/)
    assert.ok(panel.fieldConfig.defaults.unit)
    assert.ok(panel.targets.length > 0)
    for (const { refId, datasource } of panel.targets) {
      assert.ok(refId)
      assert.deepEqual(datasource, panel.datasource)
      const chosen = { prometheus: '$prometheus', 'grafana-clickhouse-datasource': '$clickhouse' }
      assert.equal(datasource.uid, chosen[datasource.type as keyof typeof chosen])
    }
  })

for (const [file, { panels: all, templating }] of dashboardFiles) {
  test(`${file}: no panel lies on another, nor beyond the edge`, () => {
    const taken = new Set<string>()
    for (const { gridPos, title } of all) {
      const { x, y, w, h } = gridPos!
      assert.ok(x + w <= 24, title)
      for (let column = x; column < x + w; column++)
        for (let line = y; line < y + h; line++) {
          assert.ok(!taken.has(`${column} ${line}`), title)
          taken.add(`${column} ${line}`)
        }
    }
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
  })

  test(`${file}: every variable that is used is there, and every one that is there is used`, () => {
    const variables = templating.list.map(({ name }) => name)
    const text = JSON.stringify([all, templating])
    const used = [...text.matchAll(/\$\{?(?!__)(\w+)/g)].map(([, name]) => name!)
    assert.deepEqual([...new Set(used)].sort(), variables.sort())
  })
}

test('a parameter of a query without a value is refused', () => {
  const { name, sql } = playsByDay
  assert.throws(
    () => panelSql({ name, sql: sql.replace('{to:', '{until:') }),
    /plays-by-day\.sql: .*\{until\}/,
  )
})

test('Grafana asks ClickHouse within the limits of the page, and may not write', () => {
  const { datasources } = yaml('provisioning/datasources/continuo.yml') as {
    datasources: { type: string; jsonData: { customSettings?: { setting: string; value: string }[] } }[]
  }
  const clickhouse = datasources.find(({ type }) => type === 'grafana-clickhouse-datasource')!
  // 1 would refuse the settings that the plugin adds of its own; 2 forbids to write, too.
  const { output_format_json_quote_64bit_integers: _, ...wanted } = { ...limits, readonly: '2' }
  assert.deepEqual(
    Object.fromEntries(clickhouse.jsonData.customSettings!.map(({ setting, value }) => [setting, value])),
    Object.fromEntries(Object.entries(wanted).map(([setting, value]) => [setting, String(value)])),
  )
})

test('Prometheus asks each process of `continuo start`', () => {
  const { scrape_configs } = yaml('prometheus.yml') as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
  }
  const roles = roleSpecs({}, { dev: true, simulator: true })
  const ports = roles.map(({ healthPort }) => `127.0.0.1:${healthPort}`)
  assert.deepEqual(scrape_configs[0]!.static_configs[0]!.targets, ports.sort())
})
