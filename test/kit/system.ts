import { createClient } from '@clickhouse/client'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pino from 'pino'
import { mintToken } from '../../gateway/live/access/mint-token.ts'
import { connectKafka } from '../../pipelines/engine/index.ts'
import { Codec } from '../../schemas/codec.ts'
import { connectRegistry } from '../../schemas/registry.ts'
import { topics } from '../../schemas/topics.ts'
import type { Counts } from '../../sources/simulator/index.ts'
import type { Observed } from './conservation.ts'
import { freePorts } from './free-ports.ts'
import { program, rolePortVariables } from './started.ts'
import { until } from './until.ts'

/** Processes of a whole system that a test may kill: roles and services, as their pid files name them. */
export type Victim = 'run' | 'sinks' | 'gateway' | 'kafka' | 'redis' | 'clickhouse'

/** `continuo start --dev` in a folder of its own, on free ports, without its simulator. */
export interface System extends Observed {
  /** What a verb of the command line needs to find this system. */
  env: NodeJS.ProcessEnv
  dataDir: string
  pageUrl: string
  /** A token of this user for ten minutes, as the gateway and the dashboard take it. */
  tokenOf(user: string): Promise<string>
  /** SIGKILL; resolves when its successor does its work. */
  killAndAwaitReturn(victim: Victim): Promise<void>
  stop(): Promise<void>
}

const portVariables = [
  'CONTINUO_KAFKA_PORT',
  'CONTINUO_SCHEMA_REGISTRY_PORT',
  'CONTINUO_REDIS_PORT',
  'CONTINUO_CLICKHOUSE_PORT',
  ...rolePortVariables,
] as const

type Ports = Record<(typeof portVariables)[number], string>

/** Starts a whole system, with some variables more. `progress` is told each line that it prints. @throws with all of them if it does not come up. */
export async function startSystem({
  progress,
  env: more = {},
}: { progress?: (line: string) => void; env?: Record<string, string> } = {}): Promise<System> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-system-'))
  const ports = await freePorts(portVariables)
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL, CLICKHOUSE_URL, ...rest } = process.env
  const supervisor = spawn(
    process.execPath,
    [program, 'start', '--dev', '--no-simulator', '--data-dir', dataDir],
    { env: { ...rest, ...ports, ...more }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  async function end(): Promise<void> {
    if (supervisor.exitCode === null && supervisor.signalCode === null) {
      supervisor.kill('SIGTERM')
      await once(supervisor, 'exit')
    }
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await isUp(supervisor, progress)
    const keys = await devKeys(dataDir)
    const env = { ...rest, ...ports, ...urlsOf(ports), ...keys }
    const observed = await observe(urlsOf(ports))
    return {
      ...observed,
      env,
      dataDir,
      pageUrl: `http://localhost:${ports.DASHBOARD_PORT}`,
      tokenOf: (sub) =>
        mintToken({
          key: Buffer.from(keys['TOKEN_KEY']!, 'base64'),
          issuer: 'continuo',
          audience: 'continuo-gateway',
          sub,
          ttlSeconds: 600,
        }),
      killAndAwaitReturn: (victim) => killAndAwaitReturn(dataDir, ports, victim),
      async stop() {
        await observed.clickhouse.close()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

async function isUp(supervisor: ChildProcess, progress: (line: string) => void = () => {}): Promise<void> {
  const { stdout, stderr } = supervisor
  if (stdout === null || stderr === null) throw new Error('the supervisor has no output')
  const said: string[] = []
  const up = Promise.withResolvers<undefined>()
  for (const stream of [stdout, stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      said.push(line)
      progress(line)
      if (line.startsWith('Continuo is up')) up.resolve(undefined)
    })
  }
  supervisor.once('exit', (code) => {
    up.reject(new Error(`continuo start ended with code ${String(code)}:\n${said.join('\n')}`))
  })
  await up.promise
}

function urlsOf(ports: Ports) {
  return {
    KAFKA_BROKERS: `127.0.0.1:${ports.CONTINUO_KAFKA_PORT}`,
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${ports.CONTINUO_SCHEMA_REGISTRY_PORT}/apis/ccompat/v7`,
    REDIS_URL: `redis://127.0.0.1:${ports.CONTINUO_REDIS_PORT}`,
    CLICKHOUSE_URL: `http://127.0.0.1:${ports.CONTINUO_CLICKHOUSE_PORT}`,
  }
}

async function observe(urls: ReturnType<typeof urlsOf>): Promise<Observed> {
  const log = pino({ level: 'silent' })
  const codec = new Codec(connectRegistry(urls.SCHEMA_REGISTRY_URL, log))
  await Promise.all(Object.values(topics).map((topic) => codec.register(topic)))
  return {
    kafka: connectKafka({ clientId: 'observer', brokers: [urls.KAFKA_BROKERS], tls: false, log }),
    codec,
    topicPrefix: '',
    clickhouse: createClient({ url: urls.CLICKHOUSE_URL }),
    database: 'continuo',
  }
}

async function devKeys(dataDir: string): Promise<Record<string, string>> {
  return JSON.parse(await readFile(join(dataDir, 'dev-keys.json'), 'utf8')) as Record<string, string>
}

async function pidOf(dataDir: string, victim: Victim): Promise<number | undefined> {
  try {
    const text = await readFile(join(dataDir, 'run', `${victim}.pid.json`), 'utf8')
    return (JSON.parse(text) as { pid: number }).pid
  } catch {
    return undefined
  }
}

async function killAndAwaitReturn(dataDir: string, ports: Ports, victim: Victim): Promise<void> {
  const before = await pidOf(dataDir, victim)
  if (before === undefined) throw new Error(`${victim} does not run`)
  process.kill(before, 'SIGKILL')
  await until(
    async () => {
      const now = await pidOf(dataDir, victim)
      return now !== undefined && now !== before && (await allReady(ports))
    },
    { within: 120_000, what: `${victim} to be back after kill -9, and every role to be ready` },
  )
}

async function allReady(ports: Ports): Promise<boolean> {
  const health = [ports.RUN_HEALTH_PORT, ports.SINKS_HEALTH_PORT, ports.GATEWAY_HEALTH_PORT]
  const answers = await Promise.all(
    health.map((port) =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    ),
  )
  return answers.every(Boolean)
}

/** A simulator of plays that began ten minutes ago, so that plays of now close every window. */
export interface Simulation {
  /** Stops it; what Kafka has acknowledged, by kind. */
  stop(): Promise<Counts>
  /** Ends it at once, when its counts are of no more interest. */
  kill(): void
}

/** Lets listeners play, on a system. */
export function startSimulation(system: System, rate: number): Simulation {
  const began = new Date(Date.now() - 600_000).toISOString()
  const child = spawn(
    process.execPath,
    [program, 'simulate', '--count', '99999999', '--rate', String(rate), '--start-at', began],
    { env: { ...system.env, LOG_LEVEL: 'silent' }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const counts = Promise.withResolvers<Counts>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    counts.resolve(JSON.parse(line) as Counts)
  })
  child.once('exit', (code) => {
    counts.reject(new Error(`the simulator ended with code ${String(code)} without its counts`))
  })
  return {
    stop() {
      child.kill('SIGTERM')
      return counts.promise
    },
    kill() {
      counts.promise.catch(() => undefined)
      child.kill('SIGKILL')
    },
  }
}
