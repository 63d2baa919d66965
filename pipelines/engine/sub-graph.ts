import { TopologyError } from './errors.ts'
import type { RawRecord } from './raw-record.ts'

/** Told that stream time has advanced, by which record. */
export type OnAdvance = (streamTime: number, origin: RawRecord) => void

/**
 * The operators of a task that rows reach without going through a topic, and their stream time: the highest time of all rows
 * of streams that these have been given, dropped ones included. Rows of tables move it where there are tables alone: what
 * holds from now on does not say that what happened before has all been seen.
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
  #listeners: OnAdvance[] = []
  /** Sub-graphs whose rows come from here through a topic. */
  #behind: SubGraph[] = []
  #graceMs = Infinity
  #hasStreams = false
  readonly #rows: 'in time' | 'late'

  /** `late`: its rows come when work on them is done, and not when their records are processed. */
  constructor(name: string, rows: 'in time' | 'late' = 'in time') {
    this.name = name
    this.#rows = rows
  }

  get root(): SubGraph {
    return this.#partOf?.root ?? this
  }

  get time(): number {
    return this.root.#time
  }

  /** Sets the time that a former owner of the task had reached; nobody is told. */
  restore(time: number): void {
    this.root.#time = Math.max(this.root.#time, time)
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
      if (late.#rows === 'late')
        throw new TopologyError(
          `rows behind ${late.name} come when the work on them is done and cannot meet those of ${rest.name}: lead them ` +
            'through a topic before, by keyBy()',
        )
    two.#partOf = one
    one.#listeners.push(...two.#listeners)
    one.#behind.push(...two.#behind)
    one.#graceMs = Math.min(one.#graceMs, two.#graceMs)
    one.#hasStreams ||= two.#hasStreams
  }

  /** A stream is read here. */
  readsStream(): void {
    this.root.#hasStreams = true
  }

  get hasStreams(): boolean {
    return this.root.#hasStreams
  }

  /** Listeners are told in the order in which operators were put together, those before others first. */
  onAdvance(listener: OnAdvance): void {
    this.root.#listeners.push(listener)
  }

  advance(time: number, origin: RawRecord): void {
    const root = this.root
    if (!(time > root.#time)) return
    for (const tell of root.#listeners) tell(time, origin)
    root.#time = time
  }

  feeds(other: SubGraph): void {
    this.root.#behind.push(other)
  }

  /** An operator here waits so long for rows that are out of order, in ms. */
  hasGrace(graceMs: number): void {
    this.root.#graceMs = Math.min(this.root.#graceMs, graceMs)
  }

  /** The smallest grace here and behind, ms; infinite where no operator closes anything. */
  get graceMs(): number {
    return this.#smallestGrace(new Set())
  }

  #smallestGrace(seen: Set<SubGraph>): number {
    const root = this.root
    if (seen.has(root)) return Infinity
    seen.add(root)
    return Math.min(root.#graceMs, ...root.#behind.map((each) => each.#smallestGrace(seen)))
  }
}
