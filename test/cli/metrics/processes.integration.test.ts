import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Centrifuge } from 'centrifuge'
import { channels, ownChannels } from '../../../schemas/channels.ts'
import { looseLabels } from '../../kit/fixed-labels.ts'
import { type Family, metricOf, readMetrics } from '../../kit/metrics-page.ts'
import { expressions } from '../../kit/metrics-used.ts'
import { selectorsOf } from '../../kit/promql.ts'
import { someContinuo } from '../../kit/started.ts'
import { until } from '../../kit/until.ts'
import { metricNamed } from './known-metrics.ts'

type Pages = Map<string, Map<string, Family>>

/** What each process tells, by its role. */
async function scrape(ports: Readonly<Record<string, string>>): Promise<Pages> {
  const health = Object.entries(ports).filter(([variable]) => variable.endsWith('_HEALTH_PORT'))
  const pages = health.map(async ([variable, port]) => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
    assert.match(answer.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/)
    return [variable.replace('_HEALTH_PORT', '').toLowerCase(), readMetrics(await answer.text())] as const
  })
  return new Map(await Promise.all(pages))
}

/** Somebody who looks at the page, and somebody who may not. */
async function visit(env: NodeJS.ProcessEnv): Promise<Centrifuge> {
  const page = `http://127.0.0.1:${env['DASHBOARD_PORT']}`
  for (const path of [
    '/',
    '/api/time',
    '/api/plays-by-minute',
    '/nowhere/listener-0?user=ada',
    '/api/plays-by-minute?minutes=no',
  ])
    await (await fetch(page + path)).arrayBuffer()
  const { token } = (await (await fetch(`${page}/api/token`)).json()) as { token: string }
  const url = `ws://127.0.0.1:${env['GATEWAY_PORT']}/connection/websocket`
  const stranger = new Centrifuge(url, { token: `${token.slice(0, -8)}AAAAAAAA` })
  stranger.on('error', () => undefined).connect()
  await new Promise((resolve) => stranger.once('disconnected', resolve))
  const reader = new Centrifuge(url, { token })
  for (const channel of [channels.topArtists, ownChannels.recommendations, 'me:of-somebody-else']) {
    const subscription = reader.newSubscription(channel)
    subscription.on('error', () => undefined).subscribe()
  }
  reader.connect()
  return reader
}

const most = (page: Map<string, Family>, series: string) =>
  Math.max(
    0,
    ...(page.get(metricOf(series))?.samples ?? [])
      .filter(({ name }) => name === series)
      .map(({ value }) => value),
  )

/** Whether there is something of each of these. */
const busy = (pages: Pages, wanted: Record<string, string[]>) =>
  Object.entries(wanted).every(([role, all]) => all.every((series) => most(pages.get(role)!, series) > 0))

test('under load each process tells what panels and alerts ask for, and labels have values of fixed lists alone', async (t) => {
  const { env, ports, topicPrefix, start } = await someContinuo(t)
  Object.assign(env, { ALLOWED_ORIGINS: 'none', K_ANONYMITY: '1' })
  const { child } = await start('--rate', '100')
  const reader = await visit(env)
  t.after(() => reader.disconnect())
  const pages = await until(
    async () => {
      const now = await scrape(ports)
      const told = busy(now, {
        run: [
          'continuo_rows_total',
          'continuo_outcomes_total',
          'continuo_commit_seconds_count',
          'continuo_stream_time_seconds',
        ],
        sinks: [
          'continuo_sink_rows_total',
          'continuo_sink_latency_seconds_count',
          'continuo_sink_write_seconds_count',
        ],
        gateway: [
          'continuo_gateway_latency_seconds_count',
          'continuo_gateway_errors_total',
          'continuo_gateway_disconnects_total',
        ],
        dashboard: ['continuo_dashboard_request_seconds_count'],
        simulate: ['continuo_simulator_messages_total'],
      })
      return told && now
    },
    { within: 30_000, every: 250, what: 'something to be told by every process' },
  )
  child.kill('SIGINT')

  const all = [...pages].flatMap(([role, page]) => [...page.values()].map((family) => ({ role, ...family })))
  for (const { role, name, help, type } of all) assert.ok(help && type, `${role}: ${name}`)
  const loose = [...pages].flatMap(([role, page]) => looseLabels(page.values(), { role, topicPrefix }))
  assert.deepEqual(loose, [])
  for (const { name, samples } of all)
    for (const { name: series, labels } of name.startsWith('continuo_') ? samples : [])
      for (const label of labels.keys())
        assert.ok(label === 'le' || metricNamed(series)!.labels.has(label), `${series}: ${label}`)

  const told = new Set(all.map(({ name }) => name))
  for (const { where, expr } of expressions)
    for (const { metric } of selectorsOf(expr))
      assert.ok(metric === 'up' || told.has(metricOf(metric)), `${where}: no process tells ${metric}`)
  await once(child, 'exit')
})
