import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { RedisClient } from '../../../schemas/redis-servers.ts'

/** An answer as JSON, and when it was asked for (ms since 1970). */
export interface Answer {
  body: string
  askedAt: number
}

/** Redis does not answer in time: answers are to be had without it. */
export class StoreAway extends Error {
  override readonly name = 'StoreAway'
}

/**
 * Answers in Redis, and who fetches one: a flight is had by one process at a time. Keys are digests.
 * Each call but `keep` and `land`, which do without, throws StoreAway if Redis is away.
 */
export interface AnswerStore {
  find(key: string): Promise<Answer | undefined>
  /** An older one than is held, or one that is too large, is not kept. */
  keep(key: string, answer: Answer, ms: number): Promise<void>
  /** @returns what to land with, or undefined while somebody else flies */
  takeOff(key: string): Promise<string | undefined>
  /** Nobody takes off again for `restMs`. */
  land(key: string, flight: string, restMs?: number): Promise<void>
}

/** Longer than a query may take: whoever is killed in flight holds it for so long. One that waits for its turn longer than that is asked twice. */
export const FLIGHT_MS = 8_000
/** After a failure Redis is left alone for so long, as every look at one that hangs takes its time. */
const AWAY_MS = 1_000

export interface Bounds {
  /** Of one answer. */
  answerBytes: number
  /** Of all, keys and index included. */
  totalBytes: number
}

const STANDARD: Bounds = { answerBytes: 512 * 1024, totalBytes: 64 * 1024 * 1024 }

const keepScript = readFileSync(new URL('keep.lua', import.meta.url), 'utf8')
const landScript = readFileSync(new URL('land.lua', import.meta.url), 'utf8')

/** A value is when it was asked for, a space, and the answer. */
const written = ({ askedAt, body }: Answer) => `${askedAt} ${body}`

function read(value: string | null): Answer | undefined {
  const askedAt = Number(/^\d{13} /.exec(value ?? '')?.[0])
  return value === null || Number.isNaN(askedAt) ? undefined : { askedAt, body: value.slice(14) }
}

/** Keeps answers in `redis`, under keys that lie in one slot of a Redis Cluster. */
export function answerStore(redis: RedisClient, prefix: string, bounds: Bounds = STANDARD): AnswerStore {
  const base = `${prefix}{answers}:`
  const flightKey = (key: string) => `${base}flight:${key}`
  let awayUntil = 0

  async function tell<Reply>(command: () => Promise<Reply>): Promise<Reply> {
    if (redis.status !== 'ready' || Date.now() < awayUntil) throw new StoreAway('redis is away')
    try {
      return await command()
    } catch (cause) {
      awayUntil = Date.now() + AWAY_MS
      throw new StoreAway('redis does not answer', { cause })
    }
  }
  const ifThere = (command: () => Promise<unknown>) =>
    tell(command).then(
      () => undefined,
      () => undefined,
    )
  const end = (key: string, flight: string, restMs: number) =>
    redis.eval(landScript, 1, flightKey(key), flight, restMs)

  return {
    find: async (key) => read(await tell(() => redis.get(base + key))),
    async keep(key, answer, ms) {
      const value = written(answer)
      if (Buffer.byteLength(value) > bounds.answerBytes) return
      const keys = [base + key, `${base}ends`, `${base}sizes`]
      await ifThere(() =>
        redis.eval(keepScript, keys.length, ...keys, base, key, value, answer.askedAt, ms, bounds.totalBytes),
      )
    },
    async takeOff(key) {
      const flight = randomUUID()
      const taken = await tell(() =>
        redis.set(flightKey(key), flight, 'PX', FLIGHT_MS, 'NX').catch((error: unknown) => {
          // It may have been heard all the same, and nobody would fly: what ends it is heard behind it.
          end(key, flight, 0).catch(() => undefined)
          throw error
        }),
      )
      return taken === 'OK' ? flight : undefined
    },
    land: (key, flight, restMs = 0) => ifThere(() => end(key, flight, restMs)),
  }
}
