import { TopologyError } from './errors.ts'
import type { RawRecord } from './raw-record.ts'
import { type Lag, type Progress, type Upstreams, watermarkOf } from './upstreams.ts'

interface ReadDirectly {
  /** See {@link Progress}. */
  readonly idle: boolean
}

/** Told that stream time has advanced, by which record. */
export type OnAdvance = (streamTime: number, origin: RawRecord) => void

/**
 * The operators of a task that rows reach without going through a topic, and their stream time: the highest time of all rows
 * of streams that these have been given, dropped ones included. Rows of tables move it where there are tables alone: what
 * holds from now on does not say that what happened before has all been seen.
 *
 * Behind a repartition topic it is how far all have come who write to that (see {@link Upstreams}), and if there are other topics, those,
 * too: the least of them. A row may then be earlier or later than it, and is late by the time that it carries.
 *
 *     read(a) ── step ──┐
 *                       join ── fold          one sub-graph, one stream time
 *     read(b) ──────────┘
 *     keyBy(through c) ⇢ fold                 another one, behind topic c
 *     mapAsync ⇢ fold                         another one, behind what takes its time
 */
export class SubGraph {
  /** What its time is remembered under. */
  readonly name: string
  /** Set once this one has become part of another. */
  #partOf: SubGraph | undefined
  #time = -Infinity
  /** What the row carries that is on its way; undefined between rows. */
  #carried: number | undefined
  /** Highest time of the rows of topics that are no repartition topics. */
  #read = -Infinity
  /** Topics that are read here and are no repartition topics. */
  readonly #streams: ReadDirectly[] = []
  readonly #tables: ReadDirectly[] = []
  readonly #upstreams: Upstreams[] = []
  /** Whose rows these are, where work on them is done in between. */
  readonly #workedOn: SubGraph | undefined
  #listeners: OnAdvance[] = []
  /** Sub-graphs whose rows come from here through a topic. */
  #behind: SubGraph[] = []
  #graceMs = Infinity

  /** `workedOn`: its rows come from there when work on them is done, and not when their records are processed. */
  constructor(name: string, workedOn?: SubGraph) {
    this.name = name
    this.#workedOn = workedOn
  }

  get root(): SubGraph {
    return this.#partOf?.root ?? this
  }

  /** Stream time. While its listeners are told of a new one, the one before. */
  get time(): number {
    return this.root.#time
  }

  /** By what the row on its way is late, or is not: the stream time of its source when it was read there. */
  get carried(): number {
    const root = this.root
    return root.#carried ?? root.#time
  }

  /** Highest time of the rows of topics that are no repartition topics. */
  get read(): number {
    return this.root.#read
  }

  /** All that there is to read for it has been read, so that nobody need wait for it. */
  get idle(): boolean {
    const root = this.root
    return root.#workedOn?.idle ?? root.#inputs.every(({ idle }) => idle)
  }

  /** Sets the times that a former owner of the task had reached; nobody is told. */
  restore(time: number, read = time): void {
    const root = this.root
    root.#time = Math.max(root.#time, time)
    root.#read = Math.max(root.#read, read)
  }

  /** Whether any operator goes by its time. */
  get isWatched(): boolean {
    return this.root.#listeners.length > 0
  }

  /** @throws TopologyError where the rows of one come late: how late must not decide what the other's meet. */
  unite(other: SubGraph): void {
    const [one, two] = [this.root, other.root]
    if (one === two) return
    for (const [late, rest] of [
      [one, two],
      [two, one],
    ] as const)
      if (late.#workedOn !== undefined)
        throw new TopologyError(
          `rows behind ${late.name} come when the work on them is done and cannot meet those of ${rest.name}: lead them ` +
            'through a topic before, by keyBy()',
        )
    two.#partOf = one
    one.#listeners.push(...two.#listeners)
    one.#behind.push(...two.#behind)
    one.#graceMs = Math.min(one.#graceMs, two.#graceMs)
    one.#streams.push(...two.#streams)
    one.#tables.push(...two.#tables)
    one.#upstreams.push(...two.#upstreams)
  }

  readsStream(stream: ReadDirectly): void {
    this.root.#streams.push(stream)
  }

  readsTable(table: ReadDirectly): void {
    this.root.#tables.push(table)
  }

  /** Reads a repartition topic. */
  readsFrom(upstreams: Upstreams): void {
    this.root.#upstreams.push(upstreams)
  }

  get hasStreams(): boolean {
    return this.root.#streams.length + this.root.#upstreams.length > 0
  }

  get isRepartitioned(): boolean {
    return this.root.#upstreams.length > 0
  }

  /** The task upstream of a repartition topic that holds its time back most. */
  get heldBackBy(): Lag | undefined {
    const lags = this.root.#upstreams.flatMap(({ slowest }) => slowest ?? [])
    return lags.reduce<Lag | undefined>(
      (one, other) => (one !== undefined && one.byMs >= other.byMs ? one : other),
      undefined,
    )
  }

  /** Listeners are told in the order in which operators were put together, those before others first. */
  onAdvance(listener: OnAdvance): void {
    this.root.#listeners.push(listener)
  }

  /** A row of that time has been read. */
  advance(time: number, origin: RawRecord): void {
    const root = this.root
    if (time > root.#read) root.#read = time
    root.catchUp(origin)
  }

  /** Tells how far its inputs have come, if that is any farther. */
  catchUp(origin: RawRecord): void {
    const root = this.root
    const time = root.#watermark()
    root.#carried = undefined
    if (!(time > root.#time)) return
    for (const tell of root.#listeners) tell(time, origin)
    root.#time = time
  }

  /** A row is on its way, and carries this; {@link passed} when it has gone through. */
  passes(carried: number): void {
    this.root.#carried = carried
  }

  passed(): void {
    this.root.#carried = undefined
  }

  #watermark(): number {
    const upstreams = this.#upstreams[0]
    if (upstreams === undefined) return this.#read
    if (this.#upstreams.length === 1 && this.#streams.length === 0) return upstreams.time
    return watermarkOf(this.#inputs)
  }

  get #inputs(): Progress[] {
    const direct = this.hasStreams ? this.#streams : this.#tables
    if (direct.length === 0) return this.#upstreams
    return [{ time: this.#read, idle: direct.every(({ idle }) => idle) }, ...this.#upstreams]
  }

  feeds(other: SubGraph): void {
    this.root.#behind.push(other)
  }

  /** An operator here waits so long for rows that are out of order, in ms. */
  hasGrace(graceMs: number): void {
    this.root.#graceMs = Math.min(this.root.#graceMs, graceMs)
  }

  /** Whether any operator here, or behind a topic, goes by its time. */
  get isAwaited(): boolean {
    return this.#andBehind().some(({ isWatched }) => isWatched)
  }

  /** The smallest grace here and behind, ms; infinite where no operator closes anything. */
  get graceMs(): number {
    return Math.min(...this.#andBehind().map((each) => each.#graceMs))
  }

  /** This one and all to which its rows lead, each once: topics may lead back. */
  #andBehind(): SubGraph[] {
    const found = new Set([this.root])
    for (const each of found) for (const behind of each.#behind) found.add(behind.root)
    return [...found]
  }
}
