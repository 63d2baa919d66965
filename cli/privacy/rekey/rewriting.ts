import type { Message, ProducerRecord } from 'kafkajs'
import { offsetsByTopic, partitionEnds } from '../../../pipelines/engine/kafka/offsets.ts'
import { readRanges } from '../../../pipelines/engine/kafka/read-ranges.ts'
import { NotCommitted, asRefusal } from '../../../pipelines/engine/kafka/refusals.ts'
import { type FencedProducer, fencedProducer } from '../../../pipelines/engine/kafka/transaction.ts'
import {
  type RawRecord,
  type TopicPartition,
  partitionKey,
  partitionOf,
} from '../../../pipelines/engine/raw-record.ts'
import { isMarker } from '../../../pipelines/engine/stamp.ts'
import type { Codec } from '../../../schemas/codec.ts'
import type { Transaction } from '../../backfill/ledger.ts'
import { RekeyError } from './errors.ts'
import { type Place, type PlanOptions, groupIdOf, metadataOf, wholePlan } from './plan.ts'
import { type Reader, mayWait } from './standing.ts'
import type { Rename, Subject } from './subjects.ts'

export interface RewritingOptions extends PlanOptions {
  topicPrefix: string
  codec: Codec
}

const BYTES_A_FETCH = 256 * 1024
/** kafkajs is slow with more. */
const MESSAGES_A_SEND = 500

/**
 * Writes topics anew under new names, behind what they have, and remembers with each transaction how far it has come, as the offsets of a group:
 *
 *     |  old rows, [low, end)  |  the same rows under new names  |  what is written from now on
 *                      ^ next                                    ^ here the readers of the topic go on
 *
 * So after a kill, wherever, it goes on there. There is one writer, the one that came last: whatever another would write, as it was frozen or has waited, is
 * refused, by a RekeyError.
 */
export class Rewriting {
  readonly #options: RewritingOptions
  readonly #producer: FencedProducer
  readonly #places = new Map<string, Place>()
  readonly #groupId: string

  private constructor(options: RewritingOptions, producer: FencedProducer) {
    this.#options = options
    this.#producer = producer
    this.#groupId = groupIdOf(options)
  }

  /** From here on nobody writes who has begun before. */
  static async begin(options: RewritingOptions): Promise<Rewriting> {
    const { kafka, topicPrefix, applicationId } = options
    const id = `${topicPrefix}${applicationId}.rekey`
    return new Rewriting(options, await fencedProducer(kafka, id).catch(explained))
  }

  /** Goes on as planned. @throws RekeyError if some of the plan is lost: names would be mapped once more, or not at all */
  async goOn(): Promise<void> {
    for (const [key, place] of await wholePlan(this.#options)) this.#places.set(key, place)
  }

  /**
   * Remembers where each topic ends now, at once for all of them, whatever was planned before. It is for who has seen, since it began, that no epoch is
   * pending: so nobody goes by what was planned before.
   */
  async plan(): Promise<void> {
    const { kafka, subjects } = this.#options
    await this.#moveEnds(subjects.filter(({ marked, how }) => marked === undefined && how === 'rename'))
    const names = subjects.map(({ name }) => name)
    for (const [key, { low, high }] of await partitionEnds(kafka, names))
      this.#places.set(key, { ...partitionOf(key), next: low, end: high, written: 0, followed: false })
    await this.#inTransaction((transaction) => this.#keep(transaction, [...this.#places.values()]))
  }

  /**
   * Copies of state on disk may be of where a changelog ends. By an aborted record it ends later, so that they are older than all that is left of it in the
   * end, and are made anew.
   */
  async #moveEnds(subjects: readonly Subject[]): Promise<void> {
    const ends = await partitionEnds(
      this.#options.kafka,
      subjects.map(({ name }) => name),
    )
    if (ends.size === 0) return
    try {
      const transaction = await this.#producer.transaction()
      for (const key of ends.keys()) {
        const { topic, partition } = partitionOf(key)
        await transaction.send({ topic, messages: [{ partition, key: 'rekey', value: null }] })
      }
      await transaction.abort()
    } catch (error) {
      explained(error)
    }
  }

  /** How far all has come, by {@link partitionKey}. */
  get places(): ReadonlyMap<string, Place> {
    return this.#places
  }

  /** Writes something beside. */
  write(record: ProducerRecord): Promise<void> {
    return this.#inTransaction(async (transaction) => {
      await transaction.send(record)
    })
  }

  /** @throws RekeyError if another has begun: to be asked before what Kafka cannot refuse */
  requireOurs(): Promise<void> {
    return this.#inTransaction((transaction) => this.#keep(transaction, [...this.#places.values()]))
  }

  /** Offsets that are to be written anew, and have been. */
  get progress(): { done: number; total: number } {
    const places = [...this.#places.values()]
    const left = places.reduce((sum, { next, end }) => sum + Number(end - next), 0)
    const total = places.reduce((sum, { end }) => sum + Number(end), 0)
    return { done: total - left, total }
  }

  #placesOf({ name }: Subject): Place[] {
    return [...this.#places.values()].filter(({ topic }) => topic === name)
  }

  /** Where a topic ended before. */
  endsOf(subject: Subject): (TopicPartition & { offset: bigint })[] {
    return this.#placesOf(subject).map(({ topic, partition, end }) => ({ topic, partition, offset: end }))
  }

  /** Writes what is left of a topic under new names; answers how many records nobody could read, which are left out. */
  async rewrite(
    subject: Subject,
    rename: Rename,
    readers: readonly Reader[],
    onChunk: () => void,
  ): Promise<number> {
    let leftOut = 0
    const ranges = this.#placesOf(subject).map((each) => ({ ...each, from: each.next, until: each.end }))
    await readRanges({
      kafka: this.#options.kafka,
      ranges,
      bytesAFetch: BYTES_A_FETCH,
      onRead: async (at, records, next) => {
        const place = this.#places.get(partitionKey(at))!
        leftOut += await this.#writeChunk(place, { subject, rename, readers }, records, next)
        onChunk()
      },
    })
    return leftOut
  }

  async #writeChunk(
    place: Place,
    { subject, rename, readers }: { subject: Subject; rename: Rename; readers: readonly Reader[] },
    records: readonly RawRecord[],
    fetchedTo: bigint,
  ): Promise<number> {
    const next = fetchedTo < place.end ? fetchedTo : place.end
    const own = records.filter(({ offset }) => offset >= place.next && offset < next)
    if (subject.marked !== undefined) await this.#options.codec.load(own.map(({ value }) => value))
    const written = own.flatMap((record) => {
      const made = rename(record)
      return made === undefined ? [] : [{ record, message: messageOf(record, made, subject) }]
    })
    const waiting = place.followed ? [] : this.#waitingAt(place, next, readers)
    const rows = written.filter(({ record }) => !isMarker(record)).length
    const moved = { ...place, next, written: place.written + rows }
    await this.#inTransaction(async (transaction) => {
      const first = await send(
        transaction,
        place,
        written.map(({ message }) => message),
      )
      // Behind the last chunk is where all ends; before it, whoever waits goes on in one that has rows.
      const base = first ?? (next === place.end ? await this.#highOf(place) : undefined)
      if (base !== undefined)
        for (const { groupId, offset, metadata } of waiting) {
          const before = written.filter(({ record }) => record.offset < offset).length
          const to = {
            topic: place.topic,
            partition: place.partition,
            offset: base + BigInt(before),
            metadata,
          }
          await this.#sendOffsets(transaction, groupId, [to])
          moved.followed = true
        }
      await this.#keep(transaction, [moved])
    })
    Object.assign(place, moved)
    return own.length - written.length
  }

  async #highOf({ topic, partition }: TopicPartition): Promise<bigint> {
    return (await partitionEnds(this.#options.kafka, [topic])).get(partitionKey({ topic, partition }))!.high
  }

  /** Who may be behind, and stands in what is written now. */
  #waitingAt({ topic, partition, end }: Place, next: bigint, readers: readonly Reader[]) {
    return readers.flatMap(({ groupId, offsets }) => {
      const { offset = -1n, metadata = '' } = offsets.get(partitionKey({ topic, partition })) ?? {}
      const isHere = offset >= 0n && (offset < next || next === end)
      if (!mayWait(this.#options.applicationId, groupId) || !isHere) return []
      return [{ groupId, offset, metadata: metadata ?? '' }]
    })
  }

  /**
   * Has all readers of a topic go on behind what has been written, except those that may be behind. A partition in which a reader has found nothing yet may have
   * by now what was in others.
   */
  async moveReaders({ name, how }: Subject, readers: readonly Reader[]): Promise<void> {
    const { kafka, applicationId } = this.#options
    const ends = await partitionEnds(kafka, [name])
    await this.#inTransaction(async (transaction) => {
      for (const { groupId, offsets } of readers) {
        const reads = [...ends.keys()].some((key) => (offsets.get(key)?.offset ?? -1n) >= 0n)
        if (!reads || (how === 'rename' && mayWait(applicationId, groupId))) continue
        const moved = [...ends].map(([key, { high }]) => ({
          ...partitionOf(key),
          offset: high,
          metadata: offsets.get(key)?.metadata ?? '',
        }))
        await this.#sendOffsets(transaction, groupId, moved)
      }
    })
  }

  #keep(transaction: Transaction, places: readonly Place[]): Promise<void> {
    const offsets = places.map(({ topic, partition, next, ...more }) => ({
      topic,
      partition,
      offset: next,
      metadata: metadataOf(more),
    }))
    return this.#sendOffsets(transaction, this.#groupId, offsets)
  }

  async #sendOffsets(
    transaction: Transaction,
    consumerGroupId: string,
    offsets: Parameters<typeof offsetsByTopic>[0],
  ): Promise<void> {
    await transaction.sendOffsets({ consumerGroupId, topics: offsetsByTopic(offsets) })
  }

  async #inTransaction(work: (transaction: Transaction) => Promise<void>): Promise<void> {
    const transaction = await this.#producer.transaction().catch(explained)
    try {
      await work(transaction)
      await transaction.commit()
    } catch (error) {
      if (transaction.isActive()) await transaction.abort().catch(() => undefined)
      explained(error)
    }
  }

  close(): Promise<void> {
    return this.#producer.disconnect()
  }
}

function explained(error: unknown): never {
  const refused = asRefusal(error)
  if (!(refused instanceof NotCommitted) || refused.refusal !== 'id') throw error
  throw new RekeyError(
    `Kafka refuses to go on (${refused.message}): another rekey has begun, or Kafka was away for too long. Run it again when no other runs: it goes on`,
    { cause: error },
  )
}

function messageOf(
  { partition, timestamp, headers }: RawRecord,
  { key, value }: { key: string | null; value: Buffer | null },
  { byKey }: Subject,
): Message {
  return { key, value, headers, timestamp: String(timestamp), ...(!byKey && { partition }) }
}

/** Answers the offset of the first that went to the partition. */
async function send(
  transaction: Transaction,
  { topic, partition }: TopicPartition,
  messages: readonly Message[],
): Promise<bigint | undefined> {
  let base: bigint | undefined
  for (let at = 0; at < messages.length; at += MESSAGES_A_SEND) {
    const sent = await transaction.send({ topic, messages: messages.slice(at, at + MESSAGES_A_SEND) })
    const first = sent.find((each) => each.partition === partition)?.baseOffset
    if (first !== undefined) base ??= BigInt(first)
  }
  return base
}
