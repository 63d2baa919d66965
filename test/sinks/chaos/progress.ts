import type { Topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import { totalsKeys } from '../../../sinks/redis/keys.ts'
import { listsKeys } from '../../../sinks/redis/lists-store.ts'
import { keyed } from '../../contracts/found.ts'
import { until } from '../../kit/until.ts'
import type { Lane } from './blows.ts'
import { type Place, endsOf } from './place.ts'
import type { Roles } from './roles.ts'

const WITHIN_MS = 120_000
/** The last of a partition may be the mark of a transaction that has ended, which tells a reader nothing. */
const MARK = 1

/** Waits for what the processes do, and keeps them running meanwhile. */
export class Progress {
  readonly #place: Place
  readonly #roles: Roles

  constructor(place: Place, roles: Roles) {
    this.#place = place
    this.#roles = roles
  }

  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const met = async () => {
      await this.#roles.supervise()
      return condition()
    }
    await until(met, { what, within: WITHIN_MS, every: 100 }).catch((error: unknown) => {
      throw new Error([(error as Error).message, ...this.#roles.crashes].join('\n'), { cause: error })
    })
  }

  /** Waits until a lane has done what there is to do now. */
  async caughtUp(lane: Lane): Promise<void> {
    if (lane === 'pipeline') {
      const before = sum(await endsOf(this.#place, topics.artistTotalsLive))
      await this.until('totals to be written', async () => {
        return sum(await endsOf(this.#place, topics.artistTotalsLive)) > before
      })
      return
    }
    await Promise.all(lane === 'redis' ? this.#inRedis() : [this.#inClickhouse()])
  }

  #inRedis(): Promise<void>[] {
    const { redis, env } = this.#place
    const { positions } = totalsKeys(env['REDIS_PREFIX']!)
    const lists = listsKeys(env['REDIS_PREFIX']!).positions
    return [
      this.#reaches(
        topics.artistTotalsLive,
        async () => Object.entries(await redis.hgetall(positions)),
        MARK,
      ),
      this.#reaches(topics.recommendations, async () => Object.entries(await redis.hgetall(lists))),
    ]
  }

  #inClickhouse(): Promise<void> {
    const query = 'SELECT kafka_partition, max(kafka_offset) + 1 FROM plays GROUP BY kafka_partition'
    return this.#reaches(topics.playsClean, () => keyed(this.#place, 1, query))
  }

  async #reaches(
    topic: Topic<unknown>,
    positions: () => Promise<Iterable<readonly [string, string]>>,
    untold = 0,
  ): Promise<void> {
    const ends = await endsOf(this.#place, topic)
    await this.until(`all of ${topic.name}`, async () => {
      const held = new Map(await positions())
      return ends
        .entries()
        .every(([partition, end]) => Number(held.get(String(partition)) ?? 0) >= end - untold)
    })
  }
}

const sum = (ends: ReadonlyMap<number, number>) => ends.values().reduce((all, end) => all + end, 0)
