import type { Kafka, Producer } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Codec } from '../../../schemas/codec.ts'
import type { OutgoingRecord, Task } from '../task.ts'
import type { GroupMember } from './group-fence.ts'
import { Inbox } from './inbox.ts'
import type { FetchedBatch } from './raw-record.ts'
import { commitTogether, fencedProducer, isFenced } from './transaction.ts'

export interface TaskRunnerOptions {
  kafka: Kafka
  codec: Codec
  groupId: string
  topicPrefix: string
  /** The id under which the owner of a partition index writes. */
  transactionalId(index: number): string
  /** Least time between the end of a transaction and the start of the next, ms. */
  commitGapMs: number
  onCommit(rows: number, seconds: number): void
  crash(error: unknown): void
  log: Logger
}

interface TaskInbox {
  task: Task
  inbox: Inbox
}

/** What a task made of some records: to be committed, or to be left to its next owner. */
interface Settled {
  task: Task
  rows: number
  outgoing: OutgoingRecord[]
  /** Topic (as Kafka knows it) to next offset. */
  positions: ReadonlyMap<string, bigint>
}

const ROWS_A_TRANSACTION = 8_000
const BYTES_WAITING = 16 * 1024 * 1024
/** A process that another has replaced learns it from the group within this time. */
const GROUP_MOVES_WITHIN_MS = 6_000

/**
 * Runs the tasks that a process has of a topology: takes what has arrived, puts it through them, commits outputs, state
 * and offsets of all of them together, and begins again. Only one transaction is open at a time; what arrives meanwhile
 * makes the next one larger.
 */
export class TaskRunner {
  readonly #options: TaskRunnerOptions
  readonly #tasks = new Map<number, TaskInbox>()
  #member: GroupMember | undefined
  #producer: { index: number; producer: Producer } | undefined
  #arrived = Promise.withResolvers<undefined>()
  #joined = Promise.withResolvers<undefined>()
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
    if (this.#stopping) return false
    return this.#tasks.values().reduce((sum, { inbox }) => sum + inbox.bytes, 0) >= BYTES_WAITING
  }

  /** Begins with tasks that have their state. */
  add(tasks: Iterable<Task>): void {
    for (const task of tasks) this.#tasks.set(task.partition, { task, inbox: new Inbox() })
  }

  /** Ends with tasks that now are another's: what has not been committed is left to it. */
  remove(indexes: Iterable<number>): void {
    for (const index of indexes) {
      this.#tasks.get(index)?.task.close()
      this.#tasks.delete(index)
    }
  }

  /** From now on commits are made in this name. */
  joined(member: GroupMember): void {
    this.#member = member
    this.#joined.resolve(undefined)
    this.#joined = Promise.withResolvers()
  }

  accept(batch: FetchedBatch): void {
    this.#tasks.get(batch.partition)?.inbox.add(batch)
    this.#arrived.resolve(undefined)
  }

  /** Ends with the transaction that is open; what waits is left to the next owner. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#arrived.resolve(undefined)
    this.#joined.resolve(undefined)
    await this.#running
    this.remove([...this.#tasks.keys()])
    await this.#producer?.producer.disconnect()
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const waiting = [...this.#tasks.values()].filter(({ inbox }) => !inbox.empty)
      if (waiting.length === 0) {
        await this.#arrived.promise
        this.#arrived = Promise.withResolvers()
        continue
      }
      const settled: Settled[] = []
      for (const each of waiting)
        settled.push(await this.#settle(each, Math.ceil(ROWS_A_TRANSACTION / waiting.length)))
      await this.#commit(settled)
      await delay(this.#options.commitGapMs)
    }
  }

  /** Puts up to `limit` of the rows that wait for a task through it. */
  async #settle({ task, inbox }: TaskInbox, limit: number): Promise<Settled> {
    const { codec, topicPrefix } = this.#options
    const { records, positions } = inbox.take(limit)
    await codec.load(records.map(({ value }) => value))
    for (const record of records) task.process(record.topic.slice(topicPrefix.length), record)
    return { task, rows: records.length, outgoing: task.takeOutgoing(), positions }
  }

  /** Commits what the tasks of this process have settled; what it has lost meanwhile is its new owner's to do. */
  async #commit(settled: Settled[]): Promise<void> {
    const { groupId, topicPrefix, onCommit, log } = this.#options
    const started = performance.now()
    for (;;) {
      const mine = settled.filter(({ task }) => this.#tasks.get(task.partition)?.task === task)
      if (mine.length === 0) return
      const [member, joined] = [this.#member!, this.#joined.promise]
      const producer = await this.#producerOf(Math.min(...this.#tasks.keys()))
      try {
        const outgoing = mine.flatMap((each) => each.outgoing)
        const offsets = { groupId, member, positions: positionsOf(mine) }
        await commitTogether(producer, outgoing, offsets, (topic) => topicPrefix + topic)
        const rows = mine.reduce((sum, each) => sum + each.rows, 0)
        onCommit(rows, (performance.now() - started) / 1_000)
        return
      } catch (error) {
        if (!isFenced(error)) throw error
        log.info({ group: groupId, error }, 'transaction refused: trying again with what the group leaves us')
        await this.#forget(producer)
        if (member === this.#member) await Promise.race([joined, unrefDelay(GROUP_MOVES_WITHIN_MS)])
        if (this.#stopping) return
      }
    }
  }

  /** Of the partitions that a process has, the lowest names its producer: whoever gains that one ends its transaction. */
  async #producerOf(index: number): Promise<Producer> {
    if (this.#producer !== undefined && this.#producer.index !== index)
      await this.#forget(this.#producer.producer)
    if (this.#producer === undefined) {
      const { kafka, transactionalId } = this.#options
      this.#producer = { index, producer: await fencedProducer(kafka, transactionalId(index)) }
    }
    return this.#producer.producer
  }

  async #forget(producer: Producer): Promise<void> {
    this.#producer = undefined
    await producer.disconnect()
  }
}

const unrefDelay = (ms: number) => delay(ms, undefined, { ref: false })

function positionsOf(settled: Settled[]) {
  const all = settled.flatMap(({ task: { partition }, positions }) =>
    [...positions].map(([topic, offset]) => ({ topic, partition, offset: offset.toString() })),
  )
  return [...Map.groupBy(all, ({ topic }) => topic)].map(([topic, partitions]) => ({ topic, partitions }))
}
