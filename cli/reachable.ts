import { setTimeout as pause } from 'node:timers/promises'
import pino from 'pino'
import { redisHostsIn, redisUrlsIn } from '../schemas/redis-urls.ts'
import type { Config } from './config.ts'
import { connectKafka } from './kafka.ts'

/** A service that a verb needs does not answer. The message names it, its variable, and the remedy. */
export class ServiceAwayError extends Error {
  override readonly name = 'ServiceAwayError'
}

interface Service {
  title: string
  variable: string
  /** Where it should be, without user or password. */
  place(config: Config): string
  /** Settles once it has answered anything at all, be it a refusal; may wait for ever. */
  answer(config: Config): Promise<unknown>
}

const silent = pino({ level: 'silent' })
const retryEveryMs = 200
const WITHIN_MS = 10_000

export type ServiceToReach = keyof typeof services

async function redisAnswer(url: string): Promise<void> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, { maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
  try {
    await redis.ping()
  } finally {
    redis.disconnect()
  }
}

// What a service is asked with is loaded when it is asked: a verb that needs Kafka alone starts sooner.
const services = {
  kafka: {
    title: 'Kafka',
    variable: 'KAFKA_BROKERS',
    place: ({ KAFKA_BROKERS }) => KAFKA_BROKERS.join(','),
    async answer(config) {
      const admin = connectKafka(config, 'continuo-look', silent).admin()
      await admin.connect()
      await admin.disconnect()
    },
  },
  schemaRegistry: {
    title: 'The schema registry',
    variable: 'SCHEMA_REGISTRY_URL',
    place: ({ SCHEMA_REGISTRY_URL }) => new URL(SCHEMA_REGISTRY_URL).host,
    // A refusal is an answer, too: the call that needs more explains it.
    async answer({ SCHEMA_REGISTRY_URL }) {
      const { connectRegistry } = await import('../schemas/registry.ts')
      await connectRegistry(SCHEMA_REGISTRY_URL, silent)
        .schemaById(1)
        .catch(() => undefined)
    },
  },
  clickhouse: {
    title: 'ClickHouse',
    variable: 'CLICKHOUSE_URL',
    place: ({ CLICKHOUSE_URL }) => new URL(CLICKHOUSE_URL).host,
    async answer({ CLICKHOUSE_URL }) {
      const ping = new URL('/ping', new URL(CLICKHOUSE_URL).origin)
      while (
        !(await fetch(ping).then(
          () => true,
          () => false,
        ))
      )
        await pause(retryEveryMs)
    },
  },
  redis: {
    title: 'Redis',
    variable: 'REDIS_URL',
    place: ({ REDIS_URL }) => redisHostsIn(REDIS_URL),
    // Of several nodes of a cluster one is enough.
    answer: ({ REDIS_URL }) => Promise.any(redisUrlsIn(REDIS_URL).map(redisAnswer)),
  },
} as const satisfies Record<string, Service>

/**
 * Waits until each of these services has answered, all at once, for at most 10 s. For verbs that do
 * one thing and end; a role waits for its services as long as it takes.
 * @throws ServiceAwayError if one refuses, or naming all that have not answered. What still tries to reach them then keeps the process alive.
 */
export async function requireServices(config: Config, names: readonly ServiceToReach[]): Promise<void> {
  const done = new AbortController()
  const late = pause(WITHIN_MS, 'late' as const, { signal: done.signal }).catch(() => 'late' as const)
  try {
    const answers = await Promise.all(
      names.map(async (name) => ({
        name,
        outcome: await Promise.race([services[name].answer(config), late]).catch((error: unknown) => {
          throw refusal(name, config, error)
        }),
      })),
    )
    const away = answers.filter(({ outcome }) => outcome === 'late')
    if (away.length > 0)
      throw new ServiceAwayError(
        away.map(({ name }) => `${whatOf(name, config)} does not answer: ${remedyFor(name)}`).join('\n'),
      )
  } finally {
    done.abort()
  }
}

/** A service has answered that it will not. */
export function refusal(name: ServiceToReach, config: Config, error: unknown): ServiceAwayError {
  // Of several nodes each has refused.
  const reasons = error instanceof AggregateError ? (error.errors as Error[]) : [error as Error]
  const why = [...new Set(reasons.map(({ message }) => message))].join('; ')
  return new ServiceAwayError(`${whatOf(name, config)} refuses: ${why}`, { cause: error })
}

function whatOf(name: ServiceToReach, config: Config): string {
  const { title, variable, place } = services[name]
  return `${title} at ${place(config)} (${variable})`
}

/** What to do about a service that does not answer. */
export const remedyFor = (name: ServiceToReach): string =>
  `\`npm start\` brings one up, or set ${services[name].variable}`

/** Where a service should be, without user or password. */
export const placeOf = (name: ServiceToReach, config: Config): string => services[name].place(config)
