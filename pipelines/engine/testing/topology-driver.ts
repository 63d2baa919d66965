import { Codec } from '../../../schemas/codec.ts'
import type { DeadLetter } from '../../../schemas/dead-letter.ts'
import type { Topic } from '../../../schemas/topic.ts'
import type { AnyFix } from '../given-back.ts'
import { GlobalTables } from '../global-table.ts'
import { type RawRecord, partitionKey } from '../raw-record.ts'
import { changelogOf } from '../changelog-of.ts'
import type { OutgoingRecord, OutgoingRecords } from '../outgoing-records.ts'
import { Task } from '../task.ts'
import type { Topology } from '../topology.ts'
import { arrivalOf, requireRead } from './arrival.ts'
import { DriverReplays, driverDeadLetterKey } from './driver-replays.ts'
import type { DriverTables } from './driver-tables.ts'
import { inTimeOrder } from './in-time-order.ts'
import { type CountedOutcome, OutcomeCounts } from './outcome-counts.ts'
import { plain } from './plain.ts'
import { registryInMemory } from './registry-in-memory.ts'
import { stateIn } from './state-in.ts'
import type { SendOptions, Sendings, WrittenRow } from './sendings.ts'
import { TopicLogs } from './topic-logs.ts'

export interface DriveOptions {
  /** Partitions of every topic. Default 1. */
  partitions?: number
  /** Where the driver's clock stands, ms since 1970. */
  now?: number
}

/** Operators that go by the clock on the wall are told it so often. */
const TICK_MS = 1_000
/** A task has nothing more to read when nothing has been sent for so long: by `maxTaskIdleMs` in a process. */
const IDLE_MS = 5_000

/** A topology being driven: see `drive`. */
export class TopologyDriver {
  /** The driver's clock, ms since 1970; {@link advance} moves it. */
  now: number
  readonly #topology: Topology
  readonly #tables: DriverTables | undefined
  readonly #codec = new Codec(registryInMemory())
  readonly #logs: TopicLogs
  readonly #replays: DriverReplays
  readonly #registered = new Set<string>()
  readonly #outcomes = new OutcomeCounts()
  /** Written and not yet processed, in the order in which it was written. */
  readonly #waiting: RawRecord[] = []
  #tasks: Task[] = []
  #globals = new GlobalTables()
  #crashesBeforeCommit = false
  /** When a record of each input's partition was processed last, by the driver's clock; before the first, there has been none for long. */
  readonly #lastRecordAt = new Map<string, number>()
  /** What has ended the process, until {@link crash} starts it again. */
  #failure: { error: unknown } | undefined

  constructor(
    topology: Topology,
    { partitions = 1, now = Date.UTC(2026, 0, 1, 12) }: DriveOptions,
    tables?: DriverTables,
  ) {
    this.#topology = topology
    this.#tables = tables
    this.#logs = new TopicLogs(partitions)
    this.#replays = new DriverReplays({ topology: topology.name, codec: this.#codec })
    this.now = now
    this.#start()
  }

  /** Sends one value, or null as a tombstone, and runs until nothing moves any more, repartition topics included. */
  async send<V>(topic: Topic<V>, value: V | null, options: SendOptions = {}): Promise<void> {
    await this.#register(topic)
    await this.sendBytes(topic, value === null ? null : this.#codec.encode(topic, value), options)
  }

  /** Sends bytes as they are: for what no codec would write. */
  async sendBytes(topic: Topic<unknown>, value: Buffer | null, options: SendOptions = {}): Promise<void> {
    await this.#prepare([value], [topic])
    this.#append({ topic: topic.name, partition: options.partition, key: options.key ?? '', value }, options)
    await this.#runAll(1)
  }

  /**
   * Sends several values, of one topic or more, that are fetched before any of them is processed, and are committed together.
   * Those of inputs that meet in one sub-graph are taken in the order of their time.
   */
  async sendAll<const Values extends readonly unknown[]>(sendings: Sendings<Values>): Promise<void> {
    for (const [topic] of sendings) await this.#register(topic)
    const encoded = sendings.map(([topic, value, options = {}]) => ({
      record: {
        topic: topic.name,
        partition: options.partition,
        key: options.key ?? '',
        value: value === null ? null : this.#codec.encode(topic, value),
      },
      options,
    }))
    const values = encoded.map(({ record }) => record.value)
    await this.#prepare(
      values,
      sendings.map(([topic]) => topic),
    )
    for (const { record, options } of encoded) this.#append(record, options)
    await this.#runAll(this.#waiting.length)
  }

  /**
   * Gives a letter back, as `continuo dlq replay` does: its record goes through at the place and the time that it had, as it was or as `fix`
   * makes it, and once for each of its attempts. Null of a fix leaves it.
   * @throws RangeError for a letter that nobody is given back: what is late, or cut
   */
  async replay(letter: DeadLetter, { fix }: { fix?: AnyFix } = {}): Promise<void> {
    await this.#prepare([])
    const inputs = this.#tasks.flatMap((task) => task.inputs)
    const record = await this.#replays.recordFor(letter, { fix, inputs })
    if (record === undefined) return
    this.#append(record)
    await this.#runAll(1)
  }

  /**
   * Lets the driver's clock go on by `ms`, and operators that go by it know each second of it, as a process does. Stream time
   * stands: it is the rows' own.
   */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms
    await this.#prepare([])
    while (this.now < end) {
      const ticks = this.#tasks.some((task) => task.ticks)
      this.now = ticks ? Math.min(end, (Math.floor(this.now / TICK_MS) + 1) * TICK_MS) : end
      if (!ticks) continue
      await this.#run([], true)
      await this.#runAll(1)
    }
  }

  /** All rows written to a topic so far, decoded; values are plain objects, to be compared with literals. */
  written<V>(topic: Topic<V>): WrittenRow<V>[] {
    return this.changes(topic).map((row) => {
      if (row.value === null)
        throw new Error(`${topic.name} holds a tombstone: look at it with changes(), which has null for it`)
      return { ...row, value: row.value }
    })
  }

  /** As {@link written}, of a topic that holds a table: tombstones are null. */
  changes<V>(topic: Topic<V>): WrittenRow<V | null>[] {
    return this.#logs.of(topic.name).map(({ key, value, partition }) => ({
      key,
      partition,
      value: value === null ? null : plain(this.#codec.decode(topic, value)),
    }))
  }

  /** The next offset of an input's partition that the topology has not committed. */
  committed(topic: Topic<unknown>, partition = 0): bigint {
    return this.#logs.committed({ topic: topic.name, partition })
  }

  /** What a store of a partition holds, by key, decoded: `fold-window-1`, `deduplicate-1` … */
  state(store: string, partition = 0): ReadonlyMap<string, unknown> {
    return stateIn(this.#tasks, store, partition)
  }

  /** What steps have dropped or set aside, counted; of what was never committed, nothing. */
  outcomes(): CountedOutcome[] {
    return this.#outcomes.all
  }

  /**
   * Loses everything that is in memory and restores it from the changelogs, as a process does after kill -9, or after an error
   * has ended it: then the records of the run that failed come again with the next one.
   */
  crash(): void {
    this.#failure = undefined
    for (const { work } of this.#tasks) work.end()
    this.#outcomes.forgetRun()
    this.#start()
    for (const task of this.#tasks) {
      // Tables have it.
      for (const name of this.#tables === undefined ? task.stores.keys() : [])
        for (const change of this.#logs.of(changelogOf(task.topology, name), task.partition))
          task.restore(name, change)
      task.restored()
    }
  }

  /**
   * The next run is processed, and lost before it is committed: nothing that it wrote or remembered is there. Then its records
   * are delivered again. Exactly once means that no output tells.
   */
  crashBeforeCommit(): void {
    this.#crashesBeforeCommit = true
  }

  #start(): void {
    this.#globals = new GlobalTables()
    this.#tasks = Array.from(
      { length: this.#logs.partitions },
      (_, partition) =>
        new Task({
          topology: this.#topology,
          partition,
          partitions: this.#logs.partitions,
          codec: this.#codec,
          deadLetterKey: driverDeadLetterKey,
          globals: this.#globals,
          onOutcome: (_topology, ...outcome) => this.#outcomes.add(...outcome),
        }),
    )
    for (const { name } of this.#globals.topics)
      for (const record of this.#logs.of(name)) this.#globals.take(name, record, this.#codec)
    for (const task of this.#tasks) this.#tables?.attach(task)
    for (const task of this.#tasks) this.#tick(task)
  }

  #tick(task: Task): void {
    const { partition } = task
    const isIdle = (topic: string) =>
      this.now - (this.#lastRecordAt.get(partitionKey({ topic, partition })) ?? -Infinity) >= IDLE_MS
    task.tick(this.now, task.inputs.map(({ name }) => name).filter(isIdle))
  }

  #append(record: OutgoingRecord, { timestamp, headers = record.headers ?? {} }: SendOptions = {}): void {
    const { topic, key, value } = record
    const at = this.#logs.append(record)
    this.#globals.take(topic, record, this.#codec)
    const task = this.#tasks[at.partition]
    if (task === undefined || !(this.#replays.isOf(record) || task.inputs.some(({ name }) => name === topic)))
      return
    const raw: RawRecord = { topic, ...at, timestamp: this.now, key: Buffer.from(key), value, headers }
    if (!this.#replays.isOf(raw)) raw.timestamp = timestamp ?? arrivalOf(task, raw, this.now)
    this.#waiting.push(raw)
  }

  /** Runs until nothing waits: `first` records together, what follows from them one by one. */
  async #runAll(first: number): Promise<void> {
    for (let count = first; this.#waiting.length > 0; count = 1)
      await this.#run(this.#waiting.splice(0, count))
  }

  /** One run: what is processed, and committed together. */
  async #run(records: readonly RawRecord[], tick = false): Promise<void> {
    const outgoing = await this.#attempt(records, tick)
    if (this.#crashesBeforeCommit) {
      this.#crashesBeforeCommit = false
      this.crash()
      return this.#run(records, tick)
    }
    this.#outcomes.commit()
    await this.#tables?.committed(outgoing)
    for (const record of records) this.#logs.commit(record)
    for (const records of outgoing) for (const each of records) this.#append(each)
  }

  /** What is not committed waits until the process has been started again. */
  async #attempt(records: readonly RawRecord[], tick: boolean): Promise<OutgoingRecords[]> {
    try {
      if (this.#failure !== undefined) throw this.#failure.error
      return await this.#process(records, tick)
    } catch (error) {
      this.#failure = { error }
      this.#waiting.unshift(...records)
      throw error
    }
  }

  async #process(records: readonly RawRecord[], tick: boolean): Promise<OutgoingRecords[]> {
    const outgoing: OutgoingRecords[] = []
    for (const task of this.#tasks) {
      const its = records.filter(({ partition }) => partition === task.partition)
      const own = its.filter((record) => !this.#replays.isOf(record))
      if (tick) this.#tick(task)
      for (const record of inTimeOrder(task, own)) task.process(record.topic, record)
      for (const record of own) this.#lastRecordAt.set(partitionKey(record), this.now)
      await this.#replays.process(task, its)
      await task.settled()
      outgoing.push(...task.takeOutgoing())
    }
    return outgoing
  }

  /** What is read and written can be decoded and encoded from now on. */
  async #prepare(values: (Buffer | null)[], sentTo: readonly Topic<unknown>[] = []): Promise<void> {
    requireRead(this.#topology, this.#tasks, this.#globals, sentTo)
    const used = this.#tasks.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])
    for (const each of [...used, ...this.#globals.topics]) await this.#register(each)
    await this.#codec.load(values)
  }

  async #register(topic: Topic<unknown>): Promise<void> {
    if (this.#registered.has(topic.name)) return
    this.#registered.add(topic.name)
    await this.#codec.register(topic)
  }
}
