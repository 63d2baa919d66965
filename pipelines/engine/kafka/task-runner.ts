import type { Kafka, Producer } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Subject, firstValueFrom } from 'rxjs'
import type { Codec } from '../../../schemas/codec.ts'
import type { OutgoingRecord, Task } from '../task.ts'
import { REBALANCE_TIMEOUT_MS } from './consume-partitions.ts'
import { Inbox } from './inbox.ts'
import type { GroupMember } from './kip-447-requests.ts'
import type { OffsetToCommit } from './offsets.ts'
import type { FetchedBatch } from './raw-record.ts'
import { NotCommitted, type Refusal, commitTogether, fencedProducer } from './transaction.ts'

export interface TaskRunnerOptions {
  kafka: Kafka
  codec: Codec
  groupId: string
  topicPrefix: string
  /** The id under which a process writes whose lowest partition index this is. */
  transactionalId(lowest: number): string
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
  offsets: OffsetToCommit[]
}

const ROWS_A_TRANSACTION = 8_000
const BYTES_WAITING = 16 * 1024 * 1024
/** Brokers that cannot take a transaction now are asked again after this. */
const BROKERS_RETRY_MS = 200

/**
 * Runs the tasks that a process has of a topology: takes what has arrived, puts it through them, commits outputs, state
 * and offsets of all of them together, and begins again. Only one transaction is open at a time; what arrives meanwhile
 * makes the next one larger.
 */
export class TaskRunner {
  readonly #options: TaskRunnerOptions
  readonly #tasks = new Map<number, TaskInbox>()
  #member: GroupMember | undefined
  #producer: { lowest: number; producer: Producer } | undefined
  #stopping = false
  /** Tells that something may have come true for which {@link #until} waits. */
  readonly #changes = new Subject<void>()
  readonly #running: Promise<void>

  constructor(options: TaskRunnerOptions) {
    this.#options = options
    this.#running = this.#run().catch((error: unknown) => {
      if (this.#stopping) options.log.warn({ group: options.groupId, error }, 'stopped amid a transaction')
      else options.crash(error)
    })
  }

  /** Whether more should wait before it is fetched. */
  get full(): boolean {
    if (this.#stopping) return false
    return this.#tasks.values().reduce((sum, { inbox }) => sum + inbox.bytes, 0) >= BYTES_WAITING
  }

  relieved(): Promise<void> {
    return this.#until(() => !this.full)
  }

  /** Begins with tasks that have their state. */
  add(tasks: Iterable<Task>): void {
    for (const task of tasks) this.#tasks.set(task.partition, { task, inbox: new Inbox() })
  }

  /** Ends with tasks that now are another's: what has not been committed is left to it. */
  remove(indexes: Iterable<number>): void {
    for (const index of indexes) this.#tasks.delete(index)
    this.#changes.next()
  }

  /** From now on commits are made in this name. */
  joined(member: GroupMember): void {
    this.#member = member
    this.#changes.next()
  }

  accept(batch: FetchedBatch): void {
    this.#tasks.get(batch.partition)?.inbox.add(batch)
    this.#changes.next()
  }

  /** Ends with the transaction that is open; what waits is left to the next owner. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#changes.next()
    await this.#running
    this.remove([...this.#tasks.keys()])
    await this.#forgetProducer()
  }

  async #run(): Promise<void> {
    const waiting = () => [...this.#tasks.values()].filter(({ inbox }) => !inbox.empty)
    for (;;) {
      await this.#until(() => this.#stopping || waiting().length > 0)
      if (this.#stopping) return
      const settled: Settled[] = []
      const share = Math.ceil(ROWS_A_TRANSACTION / waiting().length)
      for (const each of waiting()) settled.push(await this.#settle(each, share))
      await this.#commit(settled)
      await delay(this.#options.commitGapMs)
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await firstValueFrom(this.#changes)
  }

  /** Puts up to `limit` of the rows that wait for a task through it. */
  async #settle({ task, inbox }: TaskInbox, limit: number): Promise<Settled> {
    const { codec, topicPrefix } = this.#options
    const { records, positions } = inbox.take(limit)
    this.#changes.next()
    await codec.load(records.map(({ value }) => value))
    for (const record of records) task.process(record.topic.slice(topicPrefix.length), record)
    const { partition } = task
    const offsets = [...positions].map(([topic, offset]) => ({ topic, partition, offset }))
    return { task, rows: records.length, outgoing: task.takeOutgoing(), offsets }
  }

  /** Commits what the tasks of this process have settled; what it has lost meanwhile is its new owner's to do. */
  async #commit(settled: Settled[]): Promise<void> {
    const { groupId, topicPrefix, onCommit, log } = this.#options
    const started = performance.now()
    while (!this.#stopping) {
      const mine = settled.filter(({ task }) => this.#tasks.get(task.partition)?.task === task)
      if (mine.length === 0) return
      const member = this.#member!
      const outgoing = mine.flatMap((each) => each.outgoing)
      const offsets = { groupId, member, offsets: mine.flatMap((each) => each.offsets) }
      try {
        await commitTogether(await this.#fenced(), outgoing, offsets, (topic) => topicPrefix + topic)
        const rows = mine.reduce((sum, each) => sum + each.rows, 0)
        onCommit(rows, (performance.now() - started) / 1_000)
        return
      } catch (error) {
        if (!(error instanceof NotCommitted)) throw error
        log.info({ group: groupId, error }, 'transaction refused: trying again with what the group leaves us')
        await this.#forgetProducer()
        await this.#afterRefusal(error.refusal, () => this.#stopping || this.#member !== member)
      }
    }
  }

  /** A process that has been replaced learns it from the group: until then it must not take anything back. */
  async #afterRefusal(refusal: Refusal, over: () => boolean): Promise<void> {
    if (refusal === 'group') await this.#until(over)
    else if (refusal === 'id') await Promise.race([this.#until(over), aWhile()])
    else await delay(BROKERS_RETRY_MS)
  }

  /** Of the partitions that a process has, the lowest names its producer: whoever gains that one ends its transaction. */
  async #fenced(): Promise<Producer> {
    const lowest = Math.min(...this.#tasks.keys())
    if (this.#producer?.lowest !== lowest) await this.#forgetProducer()
    if (this.#producer === undefined) {
      const { kafka, transactionalId } = this.#options
      this.#producer = { lowest, producer: await fencedProducer(kafka, transactionalId(lowest)) }
    }
    return this.#producer.producer
  }

  async #forgetProducer(): Promise<void> {
    const former = this.#producer
    this.#producer = undefined
    await former?.producer.disconnect()
  }
}

const aWhile = () => delay(REBALANCE_TIMEOUT_MS, undefined, { ref: false })
