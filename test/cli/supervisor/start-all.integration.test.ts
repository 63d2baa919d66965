import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startAll, startServices, type Running } from '../../../cli/supervisor/start-all.ts'
import { livingChildren } from '../../../stack/process/pid-files.ts'
import { freePorts } from '../../kit/free-ports.ts'
import { healthVariables } from '../../kit/started.ts'
import { until } from '../../kit/until.ts'

const program = fileURLToPath(new URL('./fake-continuo.ts', import.meta.url))
const portVariables = [
  ...healthVariables,
  'SIMULATE_CONTROL_PORT',
  'GATEWAY_PORT',
  'DASHBOARD_PORT',
  'CONTINUO_REDIS_PORT',
]

/** A start with fake roles, in a folder and on ports of its own, whose services are named but never used. */
async function someStart(t: TestContext, changes: NodeJS.ProcessEnv = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-start-'))
  const events = join(dataDir, 'events')
  const ports = await freePorts(portVariables)
  const lines: string[] = []
  const ending = new AbortController()
  const running: Running[] = []
  t.after(async () => {
    for (const each of running) await each.stop()
    await rm(dataDir, { recursive: true })
  })
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    KAFKA_BROKERS: '127.0.0.1:1',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
    CLICKHOUSE_URL: 'http://127.0.0.1:1',
    FAKE_EVENTS: events,
    ...ports,
    ...changes,
  }
  return {
    dataDir,
    env,
    lines,
    ending,
    async start({
      dev = true,
      simulator = true,
      rate,
    }: { dev?: boolean; simulator?: boolean; rate?: number } = {}) {
      const progress = (line: string) => void lines.push(line)
      const { signal } = ending
      const started = await startAll({ dataDir, dev, simulator, rate, env, progress, signal, program })
      running.push(started)
      return started
    },
    events: async (what: string) =>
      (await readFile(events, 'utf8'))
        .trim()
        .split('\n')
        .filter((line) => line.includes(what)),
  }
}

test('after the migrations all roles are up, and stop in order', async (t) => {
  const { start, events, env, lines, dataDir } = await someStart(t)
  const running = await start({ rate: 7 })
  assert.equal(running.page, `http://localhost:${env.DASHBOARD_PORT}`)
  const started = await events('started')
  assert.match(started[0] ?? '', /^migrate/)
  assert.ok(
    started.includes(
      `simulate started ["--control-port","${env.SIMULATE_CONTROL_PORT}","--rate","7","--companion"] redis://127.0.0.1:1`,
    ),
  )
  assert.ok(started.includes('dashboard started ["--own","--dev"] redis://127.0.0.1:1'))
  assert.equal(lines.filter((line) => /^continuo \w+ is up \([\d.]+ s\)$/.test(line)).length, 7)
  assert.deepEqual(
    livingChildren(dataDir)
      .map(({ name }) => name)
      .sort(),
    ['dashboard', 'gateway', 'push', 'run', 'simulate', 'sinks', 'trainer'],
  )
  await running.stop()
  assert.deepEqual(
    await events('stopped'),
    ['simulate', 'trainer', 'dashboard', 'gateway', 'push', 'run', 'sinks'].map((verb) => `${verb} stopped`),
  )
  assert.deepEqual(livingChildren(dataDir), [])
})

test('the simulator can be left out', async (t) => {
  const { start, events } = await someStart(t)
  await start({ simulator: false })
  assert.deepEqual(await events('simulate'), [])
})

test('a service that no variable names is started, and the roles are told where', async (t) => {
  const { start, events, env, lines } = await someStart(t, { REDIS_URL: undefined })
  await start()
  assert.ok(lines.some((line) => line.startsWith(`Redis is up on port ${env.CONTINUO_REDIS_PORT}`)))
  assert.match(
    (await events('run started'))[0] ?? '',
    new RegExp(`redis://127.0.0.1:${env.CONTINUO_REDIS_PORT}$`),
  )
})

test('services alone: nothing works on them', async (t) => {
  const { dataDir, env, lines, ending } = await someStart(t, { REDIS_URL: undefined })
  const progress = (line: string) => void lines.push(line)
  const running = await startServices({ dataDir, env, progress, signal: ending.signal })
  assert.deepEqual(
    livingChildren(dataDir).map(({ name }) => name),
    ['redis'],
  )
  await running.stop()
  assert.deepEqual(livingChildren(dataDir), [])
  const all = { ...env, REDIS_URL: 'redis://127.0.0.1:1' }
  await assert.rejects(
    startServices({ dataDir, env: all, progress, signal: ending.signal }),
    /there is none to start/,
  )
})

test('a role that dies is started again, and why it died is told, and when it is back', async (t) => {
  const { start, events, env, lines, dataDir } = await someStart(t)
  await start()
  await fetch(`http://127.0.0.1:${env.SINKS_HEALTH_PORT}/crash`).catch(() => undefined)
  await until(async () => (await events('sinks started')).length === 2, { what: 'the second start of sinks' })
  const told =
    'continuo sinks ended with code 1; starting it again. It said: table plays: no such column; see '
  assert.deepEqual(
    lines.filter((line) => line.startsWith('continuo sinks ended')),
    [`${told}${join(dataDir, 'logs', 'sinks.log')}`],
  )
  await until(() => lines.filter((line) => line.startsWith('continuo sinks is up (')).length === 2, {
    what: 'the word that sinks is back',
  })
})

test('migrations that fail are told with the end of their log, and nothing is left running', async (t) => {
  const { start, events, dataDir } = await someStart(t, { FAKE_MIGRATE_CODE: '1' })
  await assert.rejects(
    start(),
    /^StackError: the migrations failed: see .*migrate\.log.*:\ntable plays: no such database$/,
  )
  assert.deepEqual(await events('run'), [])
  assert.deepEqual(livingChildren(dataDir), [])
})

test('a start that is ended on the way leaves nothing running', async (t) => {
  const { start, dataDir, ending } = await someStart(t)
  const starting = assert.rejects(start(), /SIGINT/)
  await until(() => livingChildren(dataDir).length > 0, { what: 'the first child' })
  ending.abort(new Error('SIGINT'))
  await starting
  assert.deepEqual(livingChildren(dataDir), [])
})

test('without --dev a missing key is refused before anything starts', async (t) => {
  const { start, dataDir, lines } = await someStart(t)
  await assert.rejects(
    start({ dev: false }),
    /PSEUDONYM_KEY, DEAD_LETTER_KEY, TOKEN_KEY, PUSH_KEY and VAPID_KEY are not set/,
  )
  assert.deepEqual(livingChildren(dataDir), [])
  assert.deepEqual(lines, [])
})

for (const [variable, user] of [
  ['DASHBOARD_PORT', 'the page'],
  ['GATEWAY_PORT', 'the gateway'],
  ['RUN_HEALTH_PORT', 'the health of continuo run'],
] as const)
  test(`a port in use for ${user} is told with ${variable}`, async (t) => {
    const { start, env } = await someStart(t)
    const port = Number(env[variable])
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    await assert.rejects(start(), {
      message: `port ${port}, which ${user} needs, is in use: stop what listens there, or set ${variable} to another port`,
    })
    other.close()
  })

test('all ports in use are told at once, with what moves each', async (t) => {
  const { start, env } = await someStart(t, { REDIS_URL: undefined })
  const wanted = {
    DASHBOARD_PORT: 'the page',
    SIMULATE_CONTROL_PORT: "the simulator's rate",
    CONTINUO_REDIS_PORT: 'Redis',
  }
  const others = Object.keys(wanted).map((variable) =>
    createServer().listen(Number(env[variable]), '127.0.0.1'),
  )
  t.after(() => others.forEach((other) => other.close()))
  await Promise.all(others.map((other) => once(other, 'listening')))
  const lines = Object.entries(wanted).map(
    ([variable, user]) => `\n  port ${env[variable]}, which ${user} needs: set ${variable} to another port`,
  )
  await assert.rejects(start(), {
    message: `3 ports are in use: stop what listens there, or${lines.join('')}, or REDIS_URL to use your own Redis`,
  })
})

test('a second start says that and where the first one runs, before it looks at ports', async (t) => {
  const { start, env, dataDir } = await someStart(t)
  const { page, stop } = await start()
  await assert.rejects(start(), {
    name: 'StackError',
    message:
      `already running as process ${process.pid}, page at ${page} (data folder ${dataDir}): ` +
      `stop it first (kill ${process.pid}), or start with another folder (--data-dir) and other ports`,
  })
  assert.equal(page, `http://localhost:${env.DASHBOARD_PORT}`)
  await stop()
  await start()
})
