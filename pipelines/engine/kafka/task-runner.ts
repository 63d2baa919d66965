import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { NEVER, Subject, firstValueFrom, merge, timer } from 'rxjs'
import type { OutgoingRecords } from '../outgoing-records.ts'
import type { Task } from '../task.ts'
import { REBALANCE_TIMEOUT_MS } from './consume-partitions.ts'
import type { Delivery } from './delivery.ts'
import type { GroupMember } from './kip-447-requests.ts'
import type { OffsetToCommit } from './offsets.ts'
import type { TopicPartition } from '../raw-record.ts'
import type { FetchedBatch } from './fetched.ts'
import { NotCommitted, type Refusal } from './refusals.ts'
import { Replays, type ReplaysOptions } from './replays.ts'
import { type TaskInbox, type TaskInboxOptions, taskInbox } from './task-inbox.ts'
import type { StateDirectory } from './local-state/state-directory.ts'

export interface TaskRunnerOptions extends ReplaysOptions, TaskInboxOptions {
  groupId: string
  /** Writes what the tasks have settled. */
  delivery: Delivery
  /** Least time between the end of a transaction and the start of the next, ms. */
  commitGapMs: number
  stateDirectory?: StateDirectory | undefined
  /** Told the records of each task, by partition, that a transaction has committed, those that were replayed left out. */
  onCommit(rows: ReadonlyMap<number, number>, seconds: number): void
  /** Told when it stops by itself, since too many records would be set aside. */
  onStopped?(): void
  crash(error: unknown): void
  log: Logger
}

/** What a task made of some records: to be committed, or to be left to its next owner. */
interface Settled {
  task: Task
  rows: number
  outgoing: OutgoingRecords[]
  offsets: OffsetToCommit[]
}

const ROWS_A_TRANSACTION = 8_000
/** Of a task that has to ask someone about its rows: what is done again after a kill, and what the first of them waits for. */
const ROWS_OF_ASYNCHRONOUS_WORK = 500
/** So often, at most, tasks tell those behind a repartition topic by records of their own how far they have come. */
const MARKERS_GAP_MS = 100
/** How often operators that go by the clock on the wall are told it. */
const TICK_MS = 1_000
/** Memory, about, that may wait: behind it is what one more fetch brings, 1 MB of a partition. */
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
  readonly #replays: Replays
  #member: GroupMember | undefined
  #stopping = false
  /** Whether it has stopped by itself. */
  stopped = false
  /** When the next tick is due, on the clock of `performance.now()`. */
  #ticksAt = 0
  /** When markers may be sent again, on the same clock. */
  #marksAt = 0
  /** Tells that something may have come true for which {@link #until} waits. */
  readonly #changes = new Subject<void>()
  readonly #running: Promise<void>

  constructor(options: TaskRunnerOptions) {
    this.#options = options
    this.#replays = new Replays(options)
    this.#running = this.#run().catch((error: unknown) => {
      options.stateDirectory?.trust()
      if (this.#stopping) options.log.warn({ group: options.groupId, error }, 'stopped amid a transaction')
      else options.crash(error)
    })
  }

  /** Whether more should wait before it is fetched. */
  get full(): boolean {
    if (this.#stopping) return false
    return this.#tasks.values().reduce((sum, { inbox }) => sum + inbox.bytes, 0) >= BYTES_WAITING
  }

  /** Resolves when it is no longer, or when what it is full of waits for an input that has to be fetched before. */
  relieved(): Promise<void> {
    return this.#until(() => !this.full || this.#starving)
  }

  /** Resolves when a partition may be fetched, although others fill it. */
  hasRoomFor({ topic, partition }: TopicPartition): Promise<void> {
    return this.#until(() => !this.full || this.#tasks.get(partition)?.inbox.has(topic) !== true)
  }

  /** The tasks that run, and what has been fetched for each. */
  get running(): Iterable<TaskInbox> {
    return this.#tasks.values()
  }

  /** Partitions of which something waits. */
  get held(): TopicPartition[] {
    return [...this.#tasks.values()].flatMap(({ task: { partition }, inbox }) =>
      inbox.topics.filter((topic) => inbox.has(topic)).map((topic) => ({ topic, partition })),
    )
  }

  get #starving(): boolean {
    return this.#tasks.values().some(({ inbox }) => inbox.waitsUntil(performance.now()) !== undefined)
  }

  /** Begins with tasks that have their state; `positions` are what the group has committed, by {@link partitionKey}. */
  add(tasks: Iterable<Task>, positions: ReadonlyMap<string, bigint>): void {
    for (const task of tasks) {
      const known = { committed: positions, replays: this.#replays.topicOf(task.topology) }
      this.#tasks.set(task.partition, taskInbox(task, known, this.#options))
    }
    this.#ticksAt = 0
    this.#changes.next()
  }

  /** Ends with tasks that now are another's: what has not been committed is left to it. */
  remove(indexes: Iterable<number>): void {
    for (const index of indexes) {
      this.#tasks.get(index)?.task.work.end()
      this.#tasks.delete(index)
      this.#options.stateDirectory?.release(index)
    }
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

  /** A fetch of this partition has found nothing more to read; `pending`: more is in a transaction that is not over. */
  atEnd({ topic, partition }: TopicPartition, pending: boolean): void {
    this.#tasks.get(partition)?.inbox.atEnd(topic, { now: performance.now(), pending })
    this.#changes.next()
  }

  /** Ends with the commit of what tasks have settled; what waits, or is under way, is left to the next owner. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const { task } of this.#tasks.values()) task.work.end()
    this.#changes.next()
    await this.#running
    this.remove([...this.#tasks.keys()])
    await this.#options.delivery.forget()
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#untilDue()
      if (this.#stopping) return
      const now = performance.now()
      const due = this.#due(now)
      const tick = now >= this.#ticksAt
      if (tick) this.#ticksAt = now + TICK_MS
      const markers = now >= this.#marksAt
      if (markers) this.#marksAt = now + MARKERS_GAP_MS
      const share = Math.ceil(ROWS_A_TRANSACTION / due.length)
      const run = { limit: share, tick, markers }
      const settled = await Promise.all(due.map((each) => this.#settle(each, run)))
      const open = this.#tasks.values().find(({ breaker }) => breaker.open)
      if (open !== undefined) return this.#stayStopped(open)
      await this.#commit(settled.filter((each) => each !== undefined))
      await delay(this.#options.commitGapMs)
    }
  }

  /** A task sets a record aside. Answers whether that counts: one that is replayed does not tell whether what comes is well. */
  refuses(partition: number, reason: string): boolean {
    if (this.#replays.underWay.has(partition)) return false
    this.#tasks.get(partition)?.breaker.letter(reason)
    return true
  }

  /**
   * Keeps its partitions, and those that it gains, so that no other process goes on with them, and leaves all uncommitted, until it is
   * ended.
   */
  async #stayStopped({ task, breaker }: TaskInbox): Promise<void> {
    this.stopped = true
    this.#options.onStopped?.()
    const { log, groupId } = this.#options
    log.fatal({ group: groupId }, breaker.message(`${task.topology}, partition ${task.partition},`))
    await this.#until(() => this.#stopping)
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await firstValueFrom(this.#changes)
  }

  /** Tasks with something to do. */
  #due(now: number): TaskInbox[] {
    return [...this.#tasks.values()].filter(
      ({ task, inbox }) => inbox.ready(now) || (task.ticks && now >= this.#ticksAt),
    )
  }

  async #untilDue(): Promise<void> {
    for (;;) {
      const now = performance.now()
      if (this.#stopping || this.#due(now).length > 0) return
      const tasks = [...this.#tasks.values()]
      const times = tasks.map(({ inbox }) => inbox.waitsUntil(now) ?? Infinity)
      if (tasks.some(({ task }) => task.ticks)) times.push(this.#ticksAt)
      const next = Math.min(...times)
      await firstValueFrom(merge(this.#changes, next < Infinity ? timer(Math.max(1, next - now)) : NEVER))
    }
  }

  /** Puts up to `limit` of the rows that wait for a task through it; undefined if nothing is to be committed of it. */
  async #settle(
    { task, inbox, positions, breaker }: TaskInbox,
    { limit, tick, markers }: { limit: number; tick: boolean; markers: boolean },
  ): Promise<Settled | undefined> {
    const { codec, inputNames, maxTaskIdleMs } = this.#options
    const nameOf = (topic: string) => inputNames.ofTopology(topic)
    // Cut off once a run: a new text of each record's topic would have to be hashed, to find its source.
    const names = new Map(inbox.topics.map((topic) => [topic, nameOf(topic)]))
    for (let ids = inbox.takeSchemas(); ids.size > 0; ids = inbox.takeSchemas()) await codec.loadSchemas(ids)
    const most = task.work.isAsynchronous ? Math.min(limit, ROWS_OF_ASYNCHRONOUS_WORK) : limit
    const run = inbox.take(most, performance.now())
    this.#changes.next()
    const { partition } = task
    const goesOn = (topic: string) => inputNames.isContinued({ topic, partition })
    const quiet = () => inbox.quietFor(maxTaskIdleMs).filter((topic) => !goesOn(topic))
    if (tick) task.tick(Date.now(), quiet().map(nameOf))
    let rows = 0
    if (run.records[0]?.topic === this.#replays.topicOf(task.topology))
      await this.#replays.replay(task, run.records)
    else
      for (const record of run.records) {
        if (task.process(names.get(record.topic)!, record)) rows += 1
        breaker.record()
        if (breaker.open) return undefined
      }
    await task.settled()
    // Rows that came when it had ended have not gone through.
    if (task.work.ended) return undefined
    for (const [topic, offset] of run.positions) positions.set(topic, offset)
    const outgoing = task.takeOutgoing({ markers })
    if (run.positions.size === 0 && outgoing.length === 0) return undefined
    // What a tick emits has no record: by repeating where it stands the group can refuse it, too, once it has moved on.
    const offsets = [...(run.positions.size > 0 ? run.positions : positions)].map(([topic, offset]) => ({
      topic,
      partition,
      offset,
    }))
    return { task, rows, outgoing, offsets }
  }

  /** Commits what the tasks of this process have settled; what it has lost meanwhile is its new owner's to do. */
  async #commit(settled: Settled[]): Promise<void> {
    const { groupId, delivery, stateDirectory, onCommit, log } = this.#options
    const started = performance.now()
    for (;;) {
      const mine = settled.filter(({ task }) => this.#tasks.get(task.partition)?.task === task)
      if (mine.length === 0) return
      const member = this.#member!
      const outgoing = mine.flatMap((each) => each.outgoing)
      const offsets = { groupId, member, offsets: mine.flatMap((each) => each.offsets) }
      try {
        const ends = await delivery.commit({ lowest: Math.min(...this.#tasks.keys()), outgoing, offsets })
        onCommit(new Map(mine.map(rowsByPartition)), (performance.now() - started) / 1_000)
        for (const each of mine) await stateDirectory?.committed(each.task, each.outgoing, ends)
        return
      } catch (error) {
        if (!(error instanceof NotCommitted)) throw error
        if (error.written) for (const each of mine) each.outgoing = []
        log.info({ group: groupId, error }, 'commit refused: trying again with what the group leaves us')
        await this.#afterRefusal(error.refusal, () => this.#stopping || this.#member !== member)
      }
      if (this.#stopping) return
    }
  }

  /** A process that has been replaced learns it from the group: until then it must not take anything back. */
  async #afterRefusal(refusal: Refusal, over: () => boolean): Promise<void> {
    if (refusal === 'group') await this.#until(over)
    else if (refusal === 'id') await Promise.race([this.#until(over), aWhile()])
    else await delay(BROKERS_RETRY_MS)
  }
}

const rowsByPartition = ({ task, rows }: Settled) => [task.partition, rows] as const
const aWhile = () => delay(REBALANCE_TIMEOUT_MS, undefined, { ref: false })
