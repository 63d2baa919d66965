import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { offsetsByTopic, partitionEnds } from '../../../pipelines/engine/kafka/offsets.ts'
import { groupOf } from '../../../pipelines/engine/kafka/run-topology.ts'
import { topicIds } from '../../../pipelines/engine/kafka/topic-ids.ts'
import { type TopicPartition, partitionKey } from '../../../pipelines/engine/raw-record.ts'
import { topics } from '../../../schemas/topics.ts'
import { openCodec } from '../../codec.ts'
import { count } from '../../status/text.ts'
import type { HistoryRecord } from '../../versions/history-record.ts'
import { madeMessage } from '../../versions/versions-in-kafka.ts'
import { type VersionRecord, historyTopicOf, kafkaNameOf, labelOf } from '../../versions/versions.ts'
import type { BackfillSurroundings } from '../backfill.ts'
import { BackfillError } from '../errors.ts'
import type { Ledger, Transaction } from '../ledger.ts'
import { ProgressLine } from '../progress-line.ts'
import type { BackfillRun } from '../run.ts'
import type { Subject } from '../subject.ts'
import { writeHistory } from './write-history.ts'

interface HistorySurroundings extends BackfillSurroundings {
  ledger: Ledger
  run: BackfillRun
}

/**
 * Has a version process its history, if it begins with one, and puts its group where the live topic goes on:
 *
 *     table plays ──▶ <version>.history ──▶ version          1. written  2. read, to the end
 *     plays-clean ──────── from the cut on ─▶ version        3. in one transaction: "history has been read", and the group's offsets
 *
 * Written first and read then, for where it ends a task would seem to have nothing more to read. Cut off, it goes on where it stood.
 */
export async function throughHistory(
  subject: Subject,
  record: VersionRecord,
  around: HistorySurroundings,
): Promise<void> {
  const { history } = record
  if (history === undefined) return
  const through = new ThroughHistory(subject, record, around)
  if (!history.read) await through.go(history)
  if (!around.run.stopped) await through.removeTopic()
}

class ThroughHistory {
  readonly #subject: Subject
  readonly #record: VersionRecord
  readonly #around: HistorySurroundings
  readonly #live: string
  readonly #topic: string

  constructor(subject: Subject, record: VersionRecord, around: HistorySurroundings) {
    const prefix = around.config.TOPIC_PREFIX
    this.#subject = subject
    this.#record = record
    this.#around = around
    this.#live = prefix + topics.playsClean.name
    this.#topic = prefix + historyTopicOf(kafkaNameOf(subject))
  }

  async go(begun: HistoryRecord): Promise<void> {
    const { run } = this.#around
    await this.#requireRest(begun)
    const history = await this.#write(begun)
    if (!run.stopped) await this.#process(history)
    if (!run.stopped) await this.#goLive(history)
  }

  /** Nobody needs it any more. */
  removeTopic(): Promise<void> {
    return withAdmin(this.#around.kafka, async (admin) => {
      if ((await admin.listTopics()).includes(this.#topic))
        await admin.deleteTopics({ topics: [this.#topic] })
    })
  }

  async #write(begun: HistoryRecord): Promise<HistoryRecord> {
    const { client, config, log, run } = this.#around
    const line = new ProgressLine()
    return writeHistory(begun, {
      client,
      codec: await openCodec(config, log),
      topic: this.#topic,
      keep: async (history, more) => {
        await this.#keep(history, more)
        line.tell(
          `${labelOf(this.#subject)}: ${count(history.written)} of ${count(history.rows)} plays of history written`,
        )
      },
      stopped: () => run.stopped,
    }).finally(() => line.end())
  }

  /** Partitions in which the live topic has more than history has. */
  async #continued({ cut }: HistoryRecord): Promise<Set<number>> {
    const ends = await partitionEnds(this.#around.kafka, [this.#live])
    return new Set(
      this.#places(cut)
        .filter((each) => (ends.get(partitionKey(each))?.high ?? 0n) > each.offset)
        .map(({ partition }) => partition),
    )
  }

  async #process(history: HistoryRecord): Promise<void> {
    const continued = await this.#continued(history)
    await this.#around.run.untilThrough(topics.playsClean.name, {
      topic: historyTopicOf(kafkaNameOf(this.#subject)),
      continued,
    })
  }

  async #goLive(history: HistoryRecord): Promise<void> {
    const { config } = this.#around
    await this.#requireRest(history)
    const consumerGroupId = groupOf(config.APPLICATION_ID, kafkaNameOf(this.#subject))
    const offsets = { consumerGroupId, topics: offsetsByTopic(this.#places(history.cut)) }
    await this.#keep({ ...history, read: true }, (transaction) => transaction.sendOffsets(offsets))
    console.log(
      `${labelOf(this.#subject)} has processed ${count(history.written)} plays of history, and goes on with ${this.#live}`,
    )
  }

  /** @throws BackfillError where the live topic no longer has all that comes behind history */
  async #requireRest({ topicId, cut }: HistoryRecord): Promise<void> {
    const { kafka } = this.#around
    const [ids, ends] = [await topicIds(kafka, [this.#live]), await partitionEnds(kafka, [this.#live])]
    const isThere = (each: TopicPartition & { offset: bigint }) =>
      (ends.get(partitionKey(each))?.low ?? 0n) <= each.offset
    if (ids.get(this.#live) === topicId && this.#places(cut).every(isThere)) return
    throw new BackfillError(
      `${this.#live} no longer has all that came behind the history of ${labelOf(this.#subject)}: it has expired, or the topic was made anew. ` +
        `Give this version up by \`continuo reset ${labelOf(this.#subject)}\`, and begin again`,
    )
  }

  #places(cut: readonly number[]) {
    return cut.map((offset, partition) => ({ topic: this.#live, partition, offset: BigInt(offset) }))
  }

  #keep(history: HistoryRecord, more: (transaction: Transaction) => Promise<void>): Promise<void> {
    return this.#around.ledger.write([madeMessage(this.#subject, { ...this.#record, history })], more)
  }
}
