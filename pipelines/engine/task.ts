import type { Observable } from 'rxjs'
import { DecodeError } from '../../schemas/codec.ts'
import { type DeadLetter, type DeadLetterKind, deadLetterTopic } from '../../schemas/dead-letter.ts'
import type { Topic } from '../../schemas/topic.ts'
import { changelogOf } from './changelog-of.ts'
import { requireCoPartitioned } from './co-partitioning.ts'
import { sealDeadLetter } from './dead-letters.ts'
import { TopologyError } from './errors.ts'
import { goesBack } from './given-back.ts'
import { type GlobalTable, GlobalTables } from './global-table.ts'
import { type GraphNode, type Rows, nodeOf, nodesBefore, takeRows } from './graph.ts'
import { OperatorNames } from './operator-names.ts'
import { Outbox } from './outbox.ts'
import { OutgoingRecords } from './outgoing-records.ts'
import type { RawRecord } from './raw-record.ts'
import { Repartition, throughTwice } from './repartition.ts'
import { requireEnds } from './require-ends.ts'
import { requireReason } from './require-reason.ts'
import type { Row } from './row.ts'
import type { StoreChange } from './pages.ts'
import { type NullRule, Source, TimeError } from './source.ts'
import type { LoggedState } from './logged-state.ts'
import { KeyValueStore, type Store } from './store.ts'
import type { StoreCodec } from './store-codec.ts'
import { StreamTimes } from './stream-times.ts'
import type {
  Emit,
  ForgettingByTime,
  PartitionRule,
  SourceOptions,
  StoreRetention,
  TaskContext,
} from './task-context.ts'
import type { TaskOptions } from './task-options.ts'
import { TaskWork, noRecord } from './task-work.ts'

interface TaskStore {
  store: LoggedState
  retention: StoreRetention | undefined
}

/**
 * A topology on one partition index: its state and what it wants written. Records pass through it synchronously; it
 * knows no broker, so that the runtime and the test driver run the same.
 */
export class Task implements TaskContext {
  readonly topology: string
  readonly partition: number
  readonly stores = new Map<string, TaskStore>()
  readonly work = new TaskWork()
  readonly #sources = new Map<string, Source>()
  readonly #sinks: Observable<unknown>[] = []
  readonly #names: OperatorNames
  readonly #options: TaskOptions
  readonly #emitDeadLetter: (letter: DeadLetter) => void
  readonly #times: StreamTimes
  readonly #globals: GlobalTables
  readonly #repartitions: Repartition[] = []
  readonly #outbox: Outbox
  #lastRecord: RawRecord | undefined

  constructor(options: TaskOptions) {
    this.#options = options
    this.topology = options.topology.name
    this.#names = new OperatorNames(this.topology)
    this.partition = options.partition
    this.#globals = options.globals ?? new GlobalTables()
    this.#outbox = new Outbox(this.topology, options.codec, this.work)
    const writeLetter = this.#outbox.writer(deadLetterTopic)
    this.#emitDeadLetter = (letter) => writeLetter(letter.id, letter, undefined)
    options.topology.build(this)
    for (const meeting of this.inputGroups) requireCoPartitioned(this.topology, meeting)
    this.#times = new StreamTimes(this, [...this.#sources.values()], this.ends)
    for (const rows of this.#sinks) takeRows(rows, { error: (error) => this.work.fail(error) })
    this.work.check()
    requireEnds(
      this.topology,
      [...this.#sources.values()].map(({ rows }) => rows.node),
    )
  }

  /** Topics that the task reads, repartition topics among them. */
  get inputs(): Topic<unknown>[] {
    return [...this.#sources.values()].map(({ topic }) => topic)
  }

  /** The same, those together that share a sub-graph: their records meet, so they are to be read in the order of time. */
  get inputGroups(): Topic<unknown>[][] {
    const groups = Map.groupBy(this.#sources.values(), ({ rows }) => rows.node.subGraph.root)
    return [...groups.values()].map((group) => group.map(({ topic }) => topic))
  }

  /** Topics that the task writes, repartition topics and dead letters among them. */
  get outputs(): Topic<unknown>[] {
    return [...this.#outbox.topics]
  }

  /** The last operators of the graph; their inputs lead to all others. */
  get ends(): GraphNode[] {
    return this.#sinks.map((rows) => nodeOf('sink', rows))
  }

  /** Event time of a record of topic `name` (without prefix), ms since 1970; undefined if it has none that can be used. */
  timeOf(name: string, record: RawRecord): number | undefined {
    return this.#source(name).timeOf(record, this.#options.codec)
  }

  /** By what a record of topic `name` takes its turn among others; undefined for one that will be set aside. */
  orderOf(name: string, record: RawRecord): number | undefined {
    return this.#source(name).orderOf(record, this.#options.codec)
  }

  /**
   * Puts one record of topic `name` (without prefix) through the topology. Answers whether it was one, and no marker of an upstream task.
   * @throws what an operator throws.
   */
  process(name: string, record: RawRecord): boolean {
    const source = this.#source(name)
    this.work.check()
    this.#lastRecord = record
    if (!this.work.begin()) return false
    let isRow: boolean
    try {
      isRow = this.#take(source, record)
    } finally {
      this.work.rest()
    }
    this.work.check()
    return isRow
  }

  /**
   * Tells it what the clock on the wall says, ms since 1970, and of which of its inputs (names without prefix) all has been read and
   * nothing more has come for some time. @throws as {@link process}.
   */
  tick(now: number, idle: readonly string[] = []): void {
    const last = this.#lastRecord ?? noRecord(this.inputs[0]?.name ?? '', this.partition, now)
    for (const source of this.#sources.values()) source.idle = idle.includes(source.topic.name)
    this.work.resume(() => {
      for (const { rows } of this.#sources.values()) rows.node.subGraph.catchUp(last)
    })
    this.work.tick(now, last)
    this.work.check()
  }

  /** Whether {@link tick} would tell it anything. */
  get ticks(): boolean {
    return this.work.ticks || this.#repartitions.some(({ isDue }) => isDue)
  }

  /** Resolves when all asynchronous work on the rows so far has gone through. @throws as {@link process}. */
  settled(): Promise<void> {
    return this.work.settled()
  }

  #source(name: string): Source {
    const source = this.#sources.get(name)
    if (source === undefined) throw new Error(`${this.topology} does not read ${name}`)
    return source
  }

  #take(source: Source, record: RawRecord): boolean {
    if (source.takeMarker(record)) return false
    let row: Row<unknown>
    try {
      row = source.rowOf(record, this.#options.codec)
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof TimeError)) throw error
      const kind = error instanceof DecodeError ? 'decode' : 'validate'
      this.count(kind, 'dead_letter', error.reason)
      this.deadLetter(record, kind, error.reason)
      return true
    }
    source.take(row)
    return true
  }

  /**
   * What is to be written with the next commit: of each topic in order, outputs, then the changes of state. With `markers` others are
   * told how far this task has come, even where no row of it goes to them.
   * @throws as {@link process}, and before all has {@link settled}.
   */
  takeOutgoing({ markers = true } = {}): OutgoingRecords[] {
    this.work.check()
    if (!this.work.idle)
      throw new Error(`${this.topology}: work is under way: wait for settled() before takeOutgoing()`)
    this.#times.remember()
    if (markers) for (const each of this.#repartitions) each.mark(this.#outbox.to(each.topic))
    const changes = [...this.stores].map(([name, { store }]) => {
      const records = new OutgoingRecords(changelogOf(this.topology, name), this.partition)
      store.takeChanges(records)
      return records
    })
    return [...this.#outbox.take(), ...changes].filter(({ count }) => count > 0)
  }

  /** Takes a record of a changelog; {@link restored} follows, before the first {@link process}. */
  restore(store: string, change: StoreChange): void {
    const known = this.stores.get(store)
    if (known === undefined) throw new Error(`${this.topology} has no store ${store}`)
    known.store.restore(change)
  }

  /** @throws TopologyError for state that another version of the topology wrote, which this one cannot go on with. */
  restored(): void {
    for (const { store } of this.stores.values()) store.restored()
    this.#times.restored()
    for (const { onRestored } of nodesBefore(this.ends)) onRestored?.()
  }

  source<V, By extends string>(topic: Topic<V, By>, options: SourceOptions<V> = {}): Rows<Row<V, By>> {
    return this.#read(topic, options) as Rows<Row<V, By>>
  }

  tableSource<V, By extends string>(topic: Topic<V, By>, options: SourceOptions<V> = {}) {
    return this.#read(topic, options, 'tombstone') as Rows<Row<V | null, By>>
  }

  #read<V>(
    topic: Topic<V>,
    given: SourceOptions<V> | 'repartitioned',
    nulls: NullRule = 'dead-letter',
  ): Rows<Row<unknown>> {
    const options = given as SourceOptions<unknown> | 'repartitioned'
    const known = this.#sources.get(topic.name)
    const source = known ?? new Source(topic, options, nulls, this.#options.partitions)
    known?.requireSame(topic, options, nulls)
    this.#sources.set(topic.name, source)
    return source.rows
  }

  globalTable<V>(topic: Topic<V>): GlobalTable<V> {
    return this.#globals.of(topic)
  }

  repartition<V, By extends string>(topic: Topic<V, By>, from: Observable<unknown>) {
    if (this.#outbox.topics.has(topic)) throw new TopologyError(throughTwice(this.topology, topic.name))
    const write = this.#outbox.writer(topic)
    const rows = this.#read(topic, 'repartitioned') as Rows<Row<V, By>>
    const { partition, partitions = 1 } = this.#options
    const [input, behind] = [nodeOf('keyBy', from), rows.node.subGraph]
    const repartition = new Repartition({ topic: topic.name, from: input, behind, partition, partitions })
    this.#repartitions.push(repartition)
    input.subGraph.feeds(behind)
    const emit: Emit<V> = (row) => write(row.key, row.value, undefined, repartition.headersOf(row))
    return { emit, rows }
  }

  sink(rows: Observable<unknown>): void {
    this.#sinks.push(rows)
  }

  output<V>(topic: Topic<V>): Emit<V> {
    const write = this.#outbox.writer(topic)
    return ({ key, value, origin }, rule: PartitionRule) =>
      write(key, value, rule === 'as-read' ? origin.partition : undefined)
  }

  deadLetter(origin: RawRecord, kind: DeadLetterKind, reason: string, code?: string): void {
    const failure = { stage: this.topology, kind, reason, code }
    this.#emitDeadLetter(sealDeadLetter(this.#options.deadLetterKey, origin, failure))
  }

  /** Sets a letter aside again that was given back to it and cannot be read as one of its own. */
  sendBack(letter: DeadLetter, reason: string): void {
    this.count('replay', 'dead_letter', reason)
    this.work.resume(() => this.#emitDeadLetter(goesBack(letter, reason)))
  }

  count(step: string, outcome: string, reason: string): void {
    requireReason(this.topology, step, reason)
    this.#options.onOutcome?.(this.topology, step, outcome, reason)
  }

  store<V>(name: string, codec: StoreCodec<V>, retention?: ForgettingByTime<V>): Store<V> {
    const store = new KeyValueStore(codec, retention?.timeOf)
    this.keep(name, store, retention)
    return store
  }

  keep(name: string, store: LoggedState, retention?: StoreRetention): void {
    if (this.stores.has(name))
      throw new TopologyError(`${this.topology} has two stores named ${name}: name them apart`)
    changelogOf(this.topology, name)
    this.stores.set(name, { store, retention })
  }

  uniqueName(kind: string, name?: string): string {
    return this.#names.next(kind, name)
  }
}
