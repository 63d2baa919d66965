import type { Producer } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Codec } from '../../../schemas/codec.ts'
import type { Task } from '../task.ts'
import { Inbox } from './inbox.ts'
import type { FetchedBatch } from './raw-record.ts'
import { commitTogether } from './transaction.ts'

export interface TaskRunnerOptions {
  task: Task
  producer: Producer
  codec: Codec
  groupId: string
  topicPrefix: string
  /** Least time between the end of a transaction and the start of the next, ms. */
  commitGapMs: number
  onCommit(rows: number, seconds: number): void
  crash(error: unknown): void
}

const ROWS_A_RUN = 2_000
const ROWS_WAITING = 10_000

/**
 * Runs one task on Kafka: takes what has arrived, puts it through the topology, commits outputs, state and offsets
 * together, and begins again. Only one transaction is open at a time; what arrives meanwhile makes the next one larger.
 */
export class TaskRunner {
  readonly #options: TaskRunnerOptions
  readonly #inbox = new Inbox()
  #wake = Promise.withResolvers<undefined>()
  #stopping = false
  readonly #running: Promise<void>

  constructor(options: TaskRunnerOptions) {
    this.#options = options
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stopping) options.crash(error)
    })
  }

  /** Whether more should wait before it is fetched. */
  get full(): boolean {
    return !this.#stopping && this.#inbox.size >= ROWS_WAITING
  }

  accept(batch: FetchedBatch): void {
    if (this.#stopping) return
    this.#inbox.add(batch)
    this.#wake.resolve(undefined)
  }

  /** Ends with the transaction that is open; what waits is left to the next owner. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wake.resolve(undefined)
    await this.#running
    this.#options.task.close()
    await this.#options.producer.disconnect()
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      if (this.#inbox.empty) {
        this.#wake = Promise.withResolvers()
        await this.#wake.promise
        continue
      }
      await this.#processAndCommit()
      await delay(this.#options.commitGapMs)
    }
  }

  async #processAndCommit(): Promise<void> {
    const { task, producer, codec, groupId, topicPrefix, onCommit } = this.#options
    const { records, positions } = this.#inbox.take(ROWS_A_RUN)
    await codec.load(records.map(({ value }) => value))
    for (const record of records) task.process(record.topic.slice(topicPrefix.length), record)
    const offsets = { groupId, partition: task.partition, positions }
    const started = performance.now()
    await commitTogether(producer, task.takeOutgoing(), offsets, (topic) => topicPrefix + topic)
    onCommit(records.length, (performance.now() - started) / 1_000)
  }
}
