import type { Producer } from 'kafkajs'
import { setInterval } from 'node:timers/promises'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { partitionByKey } from '../../../../pipelines/engine/kafka/partition-by-key.ts'
import { groupOf } from '../../../../pipelines/engine/kafka/run-topology.ts'
import type { Topic } from '../../../../schemas/topic.ts'
import { numbers } from '../../../kit/numbers.ts'
import { until } from '../../../kit/until.ts'
import type { KafkaRoom } from '../../kafka-room.ts'
import { GRACE_MS, MINUTE_MS, type Play, artistMinutes, chaosTopics } from './artist-minutes.ts'

export const PARTITIONS = 6

const START = Date.UTC(2026, 0, 1, 12)
const PLAYS_A_ROUND = 100
/** Event time of a round, within which plays are out of order. */
const ROUND_MS = 10_000
/** The rate of plays, as far as the topology keeps up. */
const ROUND_EVERY_MS = 200
/** The topology is never further behind, so that no play can be late: the grace is longer than these rounds. */
export const ROUNDS_UNDER_WAY = 8
const USERS = Array.from({ length: 30 }, (_, index) => `user-${index}`)
const ARTISTS = Array.from({ length: 20 }, (_, index) => `artist-${index}`)
const CLOSING = 'closing'
const PROGRESS_WITHIN_MS = 180_000

/** Whether plays of this artist are there to close the windows of others. */
export const isClosing = (artist: string) => artist.startsWith(CLOSING)

/** Plays of a seed, sent round by round as far as the topology keeps up, some of them twice. */
export class PlaySender {
  readonly #room: KafkaRoom
  readonly #random: (limit: number) => number
  readonly #producer: Producer
  readonly #recent: Play[] = []
  /** Where each partition of `plays` ended after each round. */
  readonly #ends: bigint[][] = []
  #nextId = 0
  #ending = false
  #running: Promise<void> = Promise.resolve()

  constructor(room: KafkaRoom, seed: number) {
    this.#room = room
    this.#random = numbers(seed)
    this.#producer = room.kafka.producer()
  }

  /** How many plays have been acknowledged. */
  get sent(): number {
    return this.#nextId
  }

  async start(): Promise<void> {
    await this.#producer.connect()
    await this.#send(
      chaosTopics.artists,
      ARTISTS.map((artist) => ({ key: artist, value: { name: `name of ${artist}` }, at: START })),
    )
    this.#running = this.#run()
    // Told by `progress` or `finish`, whichever is waited for next.
    this.#running.catch(() => undefined)
  }

  /** Waits until so many more rounds have been sent, for which those before them had to be committed. */
  async progress(rounds: number): Promise<void> {
    const wanted = this.#ends.length + rounds
    const further = until(() => this.#ends.length >= wanted, {
      what: `${rounds} rounds of plays to be taken`,
      within: PROGRESS_WITHIN_MS,
    })
    await Promise.race([further, this.#running.then(() => further)])
  }

  /** Sends no more, waits until all of it has been committed, then closes every window. */
  async finish(): Promise<void> {
    this.#ending = true
    await this.#running
    await this.#committed(this.#ends.at(-1) ?? [])
    const at = START + this.#ends.length * ROUND_MS + MINUTE_MS + GRACE_MS
    const closing = namesByPartition('user').flatMap((user) =>
      namesByPartition('artist').map((artist) => ({ id: this.#nextId++, user, artist, at })),
    )
    await this.#sendPlays(closing)
    await this.#committed(this.#ends.at(-1) ?? [])
    await this.close()
  }

  async close(): Promise<void> {
    this.#ending = true
    await this.#producer.disconnect()
  }

  async #run(): Promise<void> {
    for await (const _ of setInterval(ROUND_EVERY_MS)) {
      if (this.#ending) return
      await this.#sendPlays(this.#round())
      await this.#committed(this.#ends.at(-ROUNDS_UNDER_WAY) ?? [])
    }
  }

  #round(): Play[] {
    const from = START + this.#ends.length * ROUND_MS
    const plays: Play[] = []
    for (let count = 0; count < PLAYS_A_ROUND; count++) {
      const again = this.#recent[this.#random(20 * this.#recent.length)]
      const user = USERS[this.#random(USERS.length)]!
      const artist = ARTISTS[this.#random(ARTISTS.length)]!
      const at = from + this.#random(ROUND_MS)
      plays.push(again ?? { id: this.#nextId++, user, artist, at })
    }
    this.#recent.splice(0, this.#recent.length, ...plays)
    return plays
  }

  async #sendPlays(plays: Play[]): Promise<void> {
    await this.#send(
      chaosTopics.plays,
      plays.map((value) => ({ key: value.user, value, at: value.at })),
    )
    this.#ends.push(await this.#endsOf(chaosTopics.plays))
  }

  /** Each record is stamped with its event time. */
  async #send<V>(topic: Topic<V>, rows: { key: string; value: V; at: number }[]): Promise<void> {
    await this.#producer.send({
      topic: this.#room.nameOf(topic),
      messages: rows.map(({ key, value, at }) => ({
        key,
        value: this.#room.codec.encode(topic, value),
        timestamp: String(at),
      })),
    })
  }

  /** Waits until the group has committed each partition of `plays` so far. */
  async #committed(wanted: bigint[]): Promise<void> {
    const groupId = groupOf(this.#room.address.applicationId, artistMinutes.name)
    const topics = [this.#room.nameOf(chaosTopics.plays)]
    await withAdmin(this.#room.kafka, (admin) =>
      until(
        async () => {
          const [found] = await admin.fetchOffsets({ groupId, topics })
          const offsets = new Map(
            found?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
          )
          return wanted.every((end, partition) => end === 0n || (offsets.get(partition) ?? -1n) >= end)
        },
        { what: `plays up to ${wanted.join(', ')} to be committed`, within: PROGRESS_WITHIN_MS, every: 50 },
      ),
    )
  }

  async #endsOf(topic: Topic<unknown>): Promise<bigint[]> {
    const found = await withAdmin(this.#room.kafka, (admin) =>
      admin.fetchTopicOffsets(this.#room.nameOf(topic)),
    )
    const ends: bigint[] = []
    for (const { partition, offset } of found) ends[partition] = BigInt(offset)
    return ends
  }
}

/** Names, each of which lies in another partition. */
function namesByPartition(kind: string): string[] {
  const names: string[] = []
  for (let number = 0; names.filter(Boolean).length < PARTITIONS; number++) {
    const name = `${CLOSING}-${kind}-${number}`
    names[partitionByKey(Buffer.from(name), PARTITIONS)] ??= name
  }
  return names
}
