import { type Observable, Subject } from 'rxjs'
import { type Codec, DecodeError } from '../../schemas/codec.ts'
import type { DeadLetter, DeadLetterKind } from '../../schemas/events.ts'
import { type Topic, topics } from '../../schemas/topics.ts'
import { type DeadLetterKey, sealDeadLetter } from './dead-letters.ts'
import type { RawRecord } from './kafka/raw-record.ts'
import type { Row } from './row.ts'
import type { StoreChange } from './pages.ts'
import { MemoryStore, type Store, type StoreCodec } from './store.ts'
import type { Emit, StoreRetention, TaskContext } from './task-context.ts'
import type { Topology } from './topology.ts'

/** A record that a task wants written. Without `partition` the key decides. */
export interface OutgoingRecord {
  /** Name without prefix. */
  topic: string
  partition: number | undefined
  key: string
  value: Buffer | null
}

/** Told what happens to rows that do not go on. */
export type OutcomeCounter = (topology: string, step: string, outcome: string, reason: string) => void

export interface TaskOptions {
  topology: Topology
  partition: number
  codec: Codec
  deadLetterKey: DeadLetterKey
  onOutcome?: OutcomeCounter
}

interface Source {
  topic: Topic<unknown>
  rows: Subject<Row<unknown>>
}

interface TaskStore {
  store: MemoryStore<unknown>
  retention: StoreRetention | undefined
}

const COMPLETED = 'leave out operators that end a stream, like take() and first()'
const ASYNCHRONOUS = 'leave out operators that take their time, like delay() and mergeMap() of promises'

/** A topology does what would lose records; the message says what to leave out. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'
}

/** Name, without prefix, of the topic that remembers a store's changes. */
export const changelogOf = (topology: string, store: string) => `${topology}-${store}-changelog`

/**
 * A topology on one partition index: its state and what it wants written. Records pass through it synchronously; it
 * knows no broker, so that the runtime and the test driver run the same.
 */
export class Task implements TaskContext {
  readonly topology: string
  readonly partition: number
  readonly stores = new Map<string, TaskStore>()
  readonly #sources = new Map<string, Source>()
  readonly #outputs = new Set<Topic<unknown>>()
  readonly #names = new Map<string, number>()
  readonly #options: TaskOptions
  readonly #emitDeadLetter: Emit<DeadLetter>
  #outgoing: OutgoingRecord[] = []
  #processing = false
  #failure: { error: unknown } | undefined

  constructor(options: TaskOptions) {
    this.#options = options
    this.topology = options.topology.name
    this.partition = options.partition
    this.#emitDeadLetter = this.output(topics.deadLetters)
    options.topology.build(this).subscribe({ error: (error) => (this.#failure = { error }) })
  }

  /** Topics that the task reads, repartition topics among them. */
  get inputs(): Topic<unknown>[] {
    return [...this.#sources.values()].map(({ topic }) => topic)
  }

  /** Topics that the task writes, repartition topics and dead letters among them. */
  get outputs(): Topic<unknown>[] {
    return [...this.#outputs]
  }

  /** Puts one record of topic `name` (without prefix) through the topology. @throws what an operator throws. */
  process(name: string, record: RawRecord): void {
    const source = this.#sources.get(name)
    if (source === undefined) throw new Error(`${this.topology} does not read ${name}`)
    this.#check()
    this.#processing = true
    try {
      this.#take(source, record)
    } finally {
      this.#processing = false
    }
    this.#check()
  }

  #take(source: Source, record: RawRecord): void {
    let value: unknown
    try {
      value = this.#options.codec.decode(source.topic, record.value)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.count('decode', 'dead_letter', error.reason)
      this.deadLetter(record, 'decode', error.reason)
      return
    }
    if (!source.rows.observed) {
      throw new TopologyError(`${this.topology} no longer listens to ${source.topic.name}: ${COMPLETED}`)
    }
    source.rows.next({ key: record.key === null ? '' : record.key.toString(), value, origin: record })
  }

  /** What is to be written with the next commit: outputs in order, then the changes of state. @throws as {@link process}. */
  takeOutgoing(): OutgoingRecord[] {
    this.#check()
    const outgoing = this.#outgoing
    this.#outgoing = []
    for (const [name, { store }] of this.stores) {
      const topic = changelogOf(this.topology, name)
      for (const { key, value } of store.takeChanges()) {
        outgoing.push({ topic, partition: this.partition, key, value })
      }
    }
    return outgoing
  }

  /** Takes a record of a changelog; {@link restored} follows, before the first {@link process}. */
  restore(store: string, change: StoreChange): void {
    const known = this.stores.get(store)
    if (known === undefined) throw new Error(`${this.topology} has no store ${store}`)
    known.store.restore(change)
  }

  restored(): void {
    for (const { store } of this.stores.values()) store.restored()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  source<V>(topic: Topic<V>): Observable<Row<V>> {
    const known = this.#sources.get(topic.name)
    if (known !== undefined) return known.rows as unknown as Observable<Row<V>>
    const rows = new Subject<Row<unknown>>()
    this.#sources.set(topic.name, { topic, rows })
    return rows as unknown as Observable<Row<V>>
  }

  output<V>(topic: Topic<V>): Emit<V> {
    this.#outputs.add(topic)
    const writes = `${this.topology} writes to ${topic.name}`
    return (key, value, rule, origin) => {
      if (!this.#processing) throw new TopologyError(`${writes} when no record is processed: ${ASYNCHRONOUS}`)
      // Types are not checked where a test or a role just runs; what the key is not told, for it may be anything.
      if (typeof key !== 'string')
        throw new TypeError(`${writes} under a key that is no text but ${typeof key}`)
      this.#outgoing.push({
        topic: topic.name,
        partition: rule === 'as-read' ? origin.partition : undefined,
        key,
        value: this.#options.codec.encode(topic, value),
      })
    }
  }

  deadLetter(origin: RawRecord, kind: DeadLetterKind, reason: string): void {
    const letter = sealDeadLetter(this.#options.deadLetterKey, origin, { stage: this.topology, kind, reason })
    this.#emitDeadLetter(letter.id, letter, 'by-key', origin)
  }

  count(step: string, outcome: string, reason: string): void {
    this.#options.onOutcome?.(this.topology, step, outcome, reason)
  }

  store<V>(name: string, codec: StoreCodec<V>, retention?: StoreRetention): Store<V> {
    if (this.stores.has(name))
      throw new Error(`${this.topology} has two stores named ${name}: name them apart`)
    const store = new MemoryStore(codec)
    this.stores.set(name, { store, retention })
    return store
  }

  uniqueName(kind: string): string {
    const count = (this.#names.get(kind) ?? 0) + 1
    this.#names.set(kind, count)
    return `${kind}-${count}`
  }
}
