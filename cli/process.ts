import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino, { type Logger } from 'pino'
import { Registry, collectDefaultMetrics } from 'prom-client'
import type { Following } from '../pipelines/engine/kafka/follow-partitions.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { describeError } from './describe-error.ts'
import { endWith } from './errors.ts'
import { connectKafka } from './kafka.ts'
import { keepToEpoch, keepToEpochLater } from './privacy/epoch-in-kafka.ts'
import { requireNotPending } from './privacy/read-pseudonyms.ts'

/** What a role gives its process. */
export interface Role {
  /** Whether it does its work right now. */
  ready(): boolean
  /** What it is at, in figures: `/status` answers it as JSON. */
  status?(): unknown
  /** Finishes what is begun, commits, closes. Has 10 s. */
  stop(): Promise<void>
}

export interface Surroundings {
  config: Config
  log: Logger
  metrics: Registry
  /** Ends the process loudly: a supervisor starts it again from what was committed. */
  crash(error: unknown): void
}

export interface ProcessOptions {
  /** Of the pseudonyms that it makes; undefined: it makes none. */
  epoch?: number
  /** Whether it works without Kafka: `later` asks it until it answers, `never` has nothing to do with it. Default: not. */
  kafka?: 'first' | 'later' | 'never'
}

const STOP_DEADLINE_MS = 9_500

/**
 * Runs a role as a process of its own: configuration, log, health server, orderly stop, loud crash. It does not start while pseudonyms are brought into a new
 * epoch, on whatever host, and ends when that begins.
 */
export async function runProcess(
  name: string,
  start: (around: Surroundings) => Promise<Role>,
  options: ProcessOptions = {},
): Promise<void> {
  const config = loadConfig()
  // Written at once: what is still under way when the process exits would be lost, or come after later lines.
  const stdout = pino.destination({ fd: 1, sync: true })
  const log = pino(
    {
      name,
      level: config.LOG_LEVEL,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
    },
    stdout,
  )
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  metrics.setDefaultLabels({ role: name })

  const running: { role?: Role; kept?: Following } = {}
  let stopping = false

  const crash = (error: unknown): void => {
    log.fatal({ err: error instanceof Error ? error : new Error(String(error)) }, 'crash')
    process.exit(1)
  }
  const stop = (cause: string): void => {
    if (stopping) return
    stopping = true
    log.info({ cause }, 'stopping')
    setTimeout(() => crash(new Error(`did not stop within ${STOP_DEADLINE_MS} ms`)), STOP_DEADLINE_MS).unref()
    Promise.all([running.role?.stop(), running.kept?.stop()]).then(() => {
      log.info('stopped')
      process.exit(0)
    }, crash)
  }

  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal))
  process.on('disconnect', () => stop('the parent process is gone'))

  const health = await serveHealth(config, metrics, {
    ready: () => !stopping && running.role?.ready() === true,
    status: () => running.role?.status?.(),
  })
  log.info({ health: health.port }, 'starting')
  try {
    requireNotPending(config)
    running.kept = await keptToEpoch(options, { config, log, crash })
    running.role = await start({ config, log, metrics, crash })
    log.info('started')
  } catch (error) {
    // As what is wrong with the environment is told before there is a log, and whatever LOG_LEVEL is.
    if (error instanceof ConfigError) endWith(error)
    crash(error)
  }
}

async function keptToEpoch(
  { epoch, kafka: needed = 'first' }: ProcessOptions,
  { config, log, crash }: Omit<Surroundings, 'metrics'>,
): Promise<Following | undefined> {
  if (needed === 'never') return undefined
  if (needed === 'later') return keepToEpochLater({ config, log }, epoch, crash)
  return keepToEpoch({ kafka: connectKafka(config, 'continuo-epoch', log), config }, epoch, crash)
}

/** `/healthz` (alive), `/readyz` (works), `/metrics` (Prometheus), `/status` (what it is at, if it tells). */
async function serveHealth(
  config: Config,
  metrics: Registry,
  { ready, status }: { ready(): boolean; status(): unknown },
): Promise<AddressInfo> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = 'text/plain') =>
      response.writeHead(status, { 'content-type': type }).end(text)
    const figures = request.url === '/status' ? status() : undefined
    if (request.method !== 'GET') answer(405, 'only GET\n')
    else if (request.url === '/healthz') answer(200, 'alive\n')
    else if (request.url === '/readyz') answer(ready() ? 200 : 503, ready() ? 'ready\n' : 'not ready\n')
    else if (request.url === '/metrics')
      void metrics.metrics().then((text) => answer(200, text, metrics.contentType))
    else if (figures !== undefined) answer(200, `${JSON.stringify(figures)}\n`, 'application/json')
    else answer(404, 'try /healthz, /readyz or /metrics\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new ConfigError(`HEALTH_PORT ${config.HEALTH_PORT} is in use: set HEALTH_PORT to a free port`)
          : new ConfigError(
              `HEALTH_HOST, HEALTH_PORT: cannot listen on ${config.HEALTH_HOST}:${config.HEALTH_PORT} (${error.code})`,
            ),
      ),
    )
    server.listen(config.HEALTH_PORT, config.HEALTH_HOST, resolve)
  })
  server.unref()
  return server.address() as AddressInfo
}
