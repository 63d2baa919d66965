import { setInterval } from 'node:timers/promises'
import { ListsStore } from '../../../sinks/redis/lists-store.ts'
import { TotalsStore } from '../../../sinks/redis/totals-store.ts'
import type { ArtistTotal, Recommendation } from '../../../schemas/events.ts'
import { recommendation } from '../../kit/builders.ts'
import { numbers } from '../../kit/numbers.ts'
import { until } from '../../kit/until.ts'
import { artistTotal } from '../../sinks/redis/totals-model.ts'
import { ApiPublisher } from './api-publisher.ts'
import type { Gate } from './gate.ts'
import type { Ledger } from './ledger.ts'
import type { Nodes } from './nodes.ts'
import { PUBLIC, artistChannels, listenerName, pseudonymOf } from './listeners.ts'
import { SinkWriter } from './sink-writer.ts'
import type { StormRedis } from './storm-redis.ts'

export const TICKS_A_SECOND = 10
/** Ticks from one to the next in the public channel. */
const TICKS_A_TOTAL = 5
/** Of so many listeners one gets a list, each tick. */
const LISTENERS_A_LIST = 200
const WITHIN_MS = 120_000

export interface PublisherOptions {
  redis: StormRedis
  clients: number
  nodes: Pick<Nodes, 'origins'>
  ledger: Ledger
  gate: Gate
  seed: number
}

/** Publishes at a steady rate, whatever becomes of what was published before: its ticks are the clock of the storm. */
export class Publisher {
  /** The newest of each client's own. */
  readonly newest: number[]
  ticks = 0
  readonly #random: (limit: number) => number
  readonly #api: ApiPublisher
  readonly #totals: SinkWriter<ArtistTotal>
  readonly #lists: SinkWriter<Recommendation>
  #serial = 0
  #ending = false
  #running: Promise<void> = Promise.resolve()

  constructor({ redis, clients, nodes, ledger, gate, seed }: PublisherOptions) {
    const { url: redisUrl, keyPrefix } = redis
    this.#random = numbers(seed)
    this.#api = new ApiPublisher({ nodes, ledger, gate })
    this.newest = Array.from({ length: clients }, () => 0)
    this.#totals = new SinkWriter<ArtistTotal>({
      gate,
      store: new TotalsStore({ redisUrl, keyPrefix, k: 1 }),
      keyOf: ({ artistId }) => artistId,
      onBegun: async () => ledger.found(PUBLIC, await redis.positionOf(PUBLIC)),
      onApplied: async (rows, isPublished) => {
        if (!isPublished) return
        ledger.published(PUBLIC, await redis.positionOf(PUBLIC), rows[0]!.value.plays)
      },
      onUnsure: (rows) => rows.forEach(({ value }) => ledger.unsure(PUBLIC, value.plays)),
    })
    this.#lists = new SinkWriter<Recommendation>({
      gate,
      store: new ListsStore({ redisUrl, keyPrefix }),
      keyOf: ({ listener }) => listener,
      onBegun: async () => undefined,
      onApplied: async () => undefined,
      onUnsure: () => undefined,
    })
  }

  /** Begins with one message in every channel: a stream that has not begun has no position to come back to. */
  async start(): Promise<void> {
    await Promise.all([this.#totals.connect(), this.#lists.connect()])
    await this.#toEveryChannel()
    this.#running = this.#run()
    // Told by `reached` or `finish`, whichever is waited for next.
    this.#running.catch(() => undefined)
  }

  /** Resolves at a tick. */
  async reached(tick: number): Promise<void> {
    const within = WITHIN_MS + (tick * 1_000) / TICKS_A_SECOND
    const met = until(() => this.ticks >= tick || this.#ending, { what: `tick ${tick}`, within })
    await Promise.race([met, this.#running.then(() => met)])
  }

  /** So many messages more to each of these channels. */
  async burst(channels: readonly string[], count: number): Promise<void> {
    for (let at = 0; at < count; at++)
      for (const channel of channels) this.#api.publish(channel, ++this.#serial)
    await this.#api.drained()
  }

  /** Ends with one message in every channel, all of them answered. */
  async finish(): Promise<void> {
    await this.#stop()
    await this.#drained()
    await this.#toEveryChannel()
  }

  async close(): Promise<void> {
    await this.#stop().catch(() => undefined)
    this.#totals.close()
    this.#lists.close()
  }

  async #stop(): Promise<void> {
    this.#ending = true
    await this.#running
  }

  async #run(): Promise<void> {
    for await (const _ of setInterval(1_000 / TICKS_A_SECOND)) {
      if (this.#ending) return
      this.ticks++
      this.#api.publish(artistChannels[this.#random(artistChannels.length)]!, ++this.#serial)
      if (this.ticks % TICKS_A_TOTAL === 0) this.#totals.add(this.#total())
      const { length } = this.newest
      const lists = Math.ceil(length / LISTENERS_A_LIST)
      this.#lists.add(...Array.from({ length: lists }, () => this.#list(this.#random(length))))
    }
  }

  async #toEveryChannel(): Promise<void> {
    for (const channel of artistChannels) this.#api.publish(channel, ++this.#serial)
    this.#totals.add(this.#total())
    this.#lists.add(...this.newest.map((_, at) => this.#list(at)))
    await this.#drained()
  }

  async #drained(): Promise<void> {
    await Promise.all([this.#api.drained(), this.#totals.drained(), this.#lists.drained()])
  }

  #total(): ArtistTotal {
    return artistTotal({ artist: 'a', window: 1, plays: ++this.#serial, ms: 0 })
  }

  #list(at: number): Recommendation {
    this.newest[at] = ++this.#serial
    return recommendation({
      listener: pseudonymOf(listenerName(at)),
      recommendationId: String(this.#serial),
    })
  }
}
