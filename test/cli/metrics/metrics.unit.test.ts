import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { registriesByRole } from '../../../cli/metrics/registries.ts'
import { writtenFiles } from '../../../cli/metrics/written-files.ts'
import { readMetrics } from '../../kit/metrics-page.ts'
import { expressions } from '../../kit/metrics-used.ts'
import { selectorsOf } from '../../kit/promql.ts'
import { metricNamed } from './known-metrics.ts'

const root = join(import.meta.dirname, '../../..')
const run = promisify(execFile)

for (const [path, text] of writtenFiles())
  test(`${path} is what the code makes of it`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), text, 'run `npm run metrics:write`')
  })

for (const [role, registry] of Object.entries(registriesByRole()))
  for (const { name, help, type } of await registry.getMetricsAsJSON())
    test(`${role}: ${name} is named as Prometheus has it, and explained`, () => {
      // https://prometheus.io/docs/practices/naming/
      assert.match(name, /^continuo_[a-z]+(_[a-z]+)*$/)
      assert.equal(name.endsWith('_total'), String(type) === 'counter')
      assert.doesNotMatch(
        name,
        /_(count|sum|bucket|info|ms|millis|milliseconds|minutes|kb|percent|gauge|counter)(_|$)/,
      )
      if (String(type) === 'histogram') assert.match(name, /_(seconds|bytes)$/)
      if (/_(seconds|bytes)_/.test(name)) assert.match(name, /_(seconds|bytes)_total$/)
      assert.match(help, /^[A-Z1].{8,}[^.]$/)
    })

for (const { where, expr } of expressions)
  test(`${where}: is PromQL over metrics and labels that there are`, () => {
    for (const { metric, labels } of selectorsOf(expr)) {
      const known = metricNamed(metric)
      assert.ok(known, `there is no metric ${metric}`)
      for (const label of labels) assert.ok(known.labels.has(label), `${metric} has no label ${label}`)
    }
  })

test('what is no PromQL is refused', () => {
  for (const bad of ['sum(', 'rate(continuo_rows_total[5m)', 'a{b=}', 'sum by (a (b)'])
    assert.throws(() => selectorsOf(bad), SyntaxError)
  const [selector] = selectorsOf('sum by (le) (rate(a_bucket{b=~"c|d"}[$__rate_interval])) / on (e) f')
  assert.deepEqual([...selector!.labels].sort(), ['b', 'e', 'le'])
})

test('a page of metrics that is none is refused', async () => {
  const [registry] = Object.values(registriesByRole())
  const page = await registry!.metrics()
  assert.ok(readMetrics(page).has('continuo_rows_total'))
  const head = '# HELP a_total A\n# TYPE a_total counter\n'
  for (const bad of [
    'a_total 1\n',
    `${head}a_total{b="c} 1\n`,
    `${head}a_total x\n`,
    `${head}b 1\n`,
    `${head}a_total 1`,
  ])
    assert.throws(() => readMetrics(bad))
  assert.throws(() => readMetrics(`${head}a_total 1\na_total 1\n`), /twice/)
})

/** Whether Prometheus' own tool is there. */
const promtool = await run('promtool', ['--version']).then(
  () => false,
  () => 'promtool is not on the PATH',
)

test('Prometheus takes the rules and its configuration', { skip: promtool }, async () => {
  await run('promtool', ['check', 'rules', join(root, 'docs/alerts.yml')])
  await run('promtool', ['check', 'config', join(root, 'dashboards/grafana/prometheus.yml')])
})

test('Prometheus finds nothing to say against names and explanations', { skip: promtool }, async () => {
  for (const registry of Object.values(registriesByRole())) {
    const checking = run('promtool', ['check', 'metrics'])
    checking.child.stdin!.end(await registry.metrics())
    await checking
  }
})
