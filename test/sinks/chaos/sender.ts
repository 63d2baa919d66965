import type { Producer } from 'kafkajs'
import { setInterval } from 'node:timers/promises'
import type { Topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import { play, recommendation } from '../../kit/builders.ts'
import { numbers } from '../../kit/numbers.ts'
import { until } from '../../kit/until.ts'
import { PARTITIONS, type Place } from './place.ts'

/** Days from a Monday on, so that plays are of more than one hour, and of more than one week now and then. */
const START = Date.UTC(2026, 0, 5)
const PLAYS_A_ROUND = 20
const LISTS_A_ROUND = 2
const ROUND_EVERY_MS = 100
/** Event time of a round. */
const ROUND_MS = 2_000
/** Of so many plays one is of weeks before, as an import brings it: late for its window. */
const OLD_OF = 50
const WEEK_MS = 7 * 86_400_000
const WITHIN_MS = 120_000

export const LISTENERS = Array.from({ length: 30 }, (_, at) => `listener-${at}`)
export const ARTISTS = Array.from({ length: 25 }, (_, at) => `artist-${at}`)

interface Message {
  partition: number
  value: Buffer
}

/** Plays and lists of a seed, round by round. */
export class Sender {
  readonly #place: Place
  readonly #random: (limit: number) => number
  readonly #producer: Producer
  #rounds = 0
  #ending = false
  #running: Promise<void> = Promise.resolve()

  constructor(place: Place, seed: number) {
    this.#place = place
    this.#random = numbers(seed)
    this.#producer = place.room.kafka.producer({ idempotent: true })
  }

  async start(): Promise<void> {
    await this.#producer.connect()
    this.#running = this.#run()
    // Told by `progress` or `finish`, whichever is waited for next.
    this.#running.catch(() => undefined)
  }

  /** Waits until so many more rounds have been sent. */
  async progress(rounds: number): Promise<void> {
    const wanted = this.#rounds + rounds
    const further = until(() => this.#rounds >= wanted, {
      what: `${rounds} rounds of plays`,
      within: WITHIN_MS,
    })
    await Promise.race([further, this.#running.then(() => further)])
  }

  async finish(): Promise<void> {
    this.#ending = true
    await this.#running
    await this.#producer.disconnect()
  }

  async #run(): Promise<void> {
    for await (const _ of setInterval(ROUND_EVERY_MS)) {
      if (this.#ending) return
      await this.#send(
        topics.playsClean,
        this.#some(PLAYS_A_ROUND, () => this.#play()),
      )
      await this.#send(
        topics.recommendations,
        this.#some(LISTS_A_ROUND, () => this.#list()),
      )
      this.#rounds += 1
    }
  }

  #some<V>(count: number, one: () => V): V[] {
    return Array.from({ length: count }, one)
  }

  get #now(): number {
    return START + this.#rounds * ROUND_MS
  }

  #play(): Message {
    const [listener, artist] = [this.#random(LISTENERS.length), this.#random(ARTISTS.length)]
    const weeks = this.#random(OLD_OF) === 0 ? 1 + this.#random(100) : 0
    const value = {
      ...play({ listener: LISTENERS[listener]!, artistId: ARTISTS[artist]! }),
      artistName: `Name of "${ARTISTS[artist]}"`,
      trackId: `track-${this.#random(100)}`,
      playedAt: this.#now + this.#random(ROUND_MS) - weeks * WEEK_MS,
      receivedAt: this.#now,
      msPlayed: this.#random(300_000),
    }
    return { partition: listener % PARTITIONS, value: this.#encode(topics.playsClean, value) }
  }

  #list(): Message {
    const listener = this.#random(LISTENERS.length)
    const value = recommendation({
      listener: LISTENERS[listener]!,
      recommendationId: `list-${this.#rounds}-${this.#random(1_000)}`,
      madeAt: this.#now,
      receivedAt: this.#now,
    })
    return { partition: listener % PARTITIONS, value: this.#encode(topics.recommendations, value) }
  }

  #encode<V>(topic: Topic<V>, value: V): Buffer {
    return this.#place.room.codec.encode(topic, value)
  }

  async #send(topic: Topic<unknown>, messages: Message[]): Promise<void> {
    await this.#producer.send({ topic: this.#place.room.nameOf(topic), messages })
  }
}
