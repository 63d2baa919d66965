/** How far rows of one origin have come: those of a topic, or of one task that writes to a repartition topic. */
export interface Progress {
  /** Stream time, ms since 1970; -Infinity before the first row. */
  readonly time: number
  /** All that there is to read has been read. */
  readonly idle: boolean
}

/** By how much a task, told by its partition index, is behind the one that has come farthest; for ever, where nothing has come of it. */
export interface Lag {
  upstream: number
  byMs: number
}

/** Of several inputs the one that has come least far, those that are idle left out; if all are, how far any has come. */
export function watermarkOf(inputs: readonly Progress[]): number {
  let [least, most, active] = [Infinity, -Infinity, false]
  for (const { time, idle } of inputs) {
    if (time > most) most = time
    if (idle) continue
    active = true
    if (time < least) least = time
  }
  return active ? least : most
}

/**
 * How far the tasks have come that write to a repartition topic, as one of those knows that read it. Rows that were read in any
 * order come together here, each task at its own pace; nothing earlier comes than what the slowest has reached:
 *
 *     task 0   ──12:00──12:01────────────12:04                     watermark 12:02: task 1 holds it back
 *     task 1   ──12:00────────12:02
 *     task 2   ──idle                                              says that it has nothing more, and holds nobody back
 *
 * One that has not been heard of yet holds it down, and so does one that is silent, for it may have been killed: idle is what a
 * task has said of itself. Flink's watermarks across a shuffle (its `WatermarkStatus`); in Kafka Streams the highest timestamp counts.
 */
export class Upstreams implements Progress {
  readonly #times: { time: number; idle: boolean }[]
  readonly #changed = new Set<number>()
  #time = -Infinity

  constructor(count: number) {
    this.#times = Array.from({ length: count }, () => ({ time: -Infinity, idle: false }))
  }

  get count(): number {
    return this.#times.length
  }

  /** The watermark. */
  get time(): number {
    return this.#time
  }

  get idle(): boolean {
    return this.#times.every(({ idle }) => idle)
  }

  /** The task that holds the watermark back, by partition index; undefined where nothing does: all have come as far, or are idle. */
  get slowest(): Lag | undefined {
    const active = [...this.#times.entries()].filter(([, { idle }]) => !idle)
    if (active.length === 0) return undefined
    const [upstream, { time }] = active.reduce((one, other) => (other[1].time < one[1].time ? other : one))
    const byMs = Math.max(...this.#times.map((each) => each.time)) - time
    return byMs > 0 ? { upstream, byMs } : undefined
  }

  /** A task's time does not go back, whatever it says. */
  hear(upstream: number, watermark: number, idle: boolean): void {
    const known = this.#times[upstream]!
    if (watermark <= known.time && idle === known.idle) return
    const changesWatermark = known.idle || idle || known.time <= this.#time
    known.time = Math.max(known.time, watermark)
    known.idle = idle
    this.#changed.add(upstream)
    if (changesWatermark) this.#time = watermarkOf(this.#times)
  }

  /** What has been heard since the last call, by partition index of the task. */
  *takeChanges(): Generator<[upstream: number, progress: Progress]> {
    for (const upstream of this.#changed) yield [upstream, { ...this.#times[upstream]! }]
    this.#changed.clear()
  }

  restore(upstream: number, progress: Progress): void {
    this.#times[upstream] = { ...progress }
    this.#time = watermarkOf(this.#times)
  }
}
