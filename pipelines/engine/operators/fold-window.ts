import type { OperatorFunction } from 'rxjs'
import type { OutputRow, Row } from '../row.ts'
import type { Store, StoreCodec } from '../store.ts'
import { buildingTask } from '../task-context.ts'
import type { Window, Windows } from '../windows.ts'
import { operate } from './operate.ts'

/** How the rows of one key in one window become one value. */
export interface Fold<V, State, Result> {
  initial(): State
  /** May change `state` and return it. */
  add(state: State, value: V): State
  result(state: State, key: string, window: Window): Result
  codec: StoreCodec<State>
}

/** Why and by how much a row came too late. */
export interface Lateness {
  /** Stream time of the task that refused it. */
  streamTime: number
  /** How far stream time was past the moment at which its window closed, in ms. */
  lateByMs: number
}

export interface FoldWindowOptions<V, State, Result, Late> {
  windows: Windows
  /** Event time of a row, ms since 1970. */
  time: (value: V) => number
  fold: Fold<V, State, Result>
  late: (value: V, lateness: Lateness) => Late
}

type FoldOutput<Result, Late> = OutputRow<'open' | 'closed', Result> | OutputRow<'late', Late>

const STREAM_TIME = 'stream-time'

const streamTimeCodec: StoreCodec<number> = {
  encode: (time) => Buffer.from(String(time)),
  decode: (bytes) => Number(bytes),
}

/**
 * Folds rows by key and window of event time. A window closes when stream time (the highest event time so far in this
 * task) reaches its end and grace; a row for a closed window is late.
 *
 *     event time   0:10  0:50  1:10  1:31  0:55          windows of 1 min, grace 30 s
 *     open         a=1   a=2   a'=1  a'=2
 *     closed                         a=2                 at 1:30 in stream time
 *     late                                 0:55
 */
export function foldWindow<V, State, Result, Late>(
  options: FoldWindowOptions<V, State, Result, Late>,
): OperatorFunction<Row<V>, FoldOutput<Result, Late>> {
  return (rows) => {
    const task = buildingTask('foldWindow')
    const name = task.uniqueName('fold-window')
    const state = task.store(name, options.fold.codec)
    const times = task.store(`${name}-${STREAM_TIME}`, streamTimeCodec)
    const window = new WindowedFold(task.topology, options, state, times)
    const folded = operate<Row<V>, FoldOutput<Result, Late>>((row, out) =>
      window.take(row, (output) => out.next(output)),
    )
    return folded(rows)
  }
}

/** The open windows of one task, in order of their start. */
class WindowedFold<V, State, Result, Late> {
  readonly #topology: string
  readonly #options: FoldWindowOptions<V, State, Result, Late>
  readonly #state: Store<State>
  readonly #times: Store<number>
  #open: OpenWindows | undefined

  constructor(
    topology: string,
    options: FoldWindowOptions<V, State, Result, Late>,
    state: Store<State>,
    times: Store<number>,
  ) {
    this.#topology = topology
    this.#options = options
    this.#state = state
    this.#times = times
  }

  take(row: Row<V>, emit: (output: FoldOutput<Result, Late>) => void): void {
    const { windows, late } = this.#options
    const timestamp = this.#time(row)
    const streamTime = this.#advance(timestamp)
    this.#close(streamTime, row, emit)
    for (const start of windows.startsFor(timestamp)) {
      const lateByMs = streamTime - this.#closesAt(start)
      if (lateByMs >= 0) {
        emit({ ...row, output: 'late', value: late(row.value, { streamTime, lateByMs }) })
      } else {
        emit({ ...row, output: 'open', value: this.#add(start, row) })
      }
    }
  }

  #time({ value, origin: { topic, partition, offset } }: Row<V>): number {
    const timestamp: unknown = this.#options.time(value)
    if (Number.isSafeInteger(timestamp)) return timestamp as number
    throw new TypeError(
      `${this.#topology}: time() of foldWindow() gave ${typeof timestamp === 'number' ? timestamp : typeof timestamp} ` +
        `for ${topic}:${partition}:${offset}, not whole milliseconds since 1970`,
    )
  }

  #advance(timestamp: number): number {
    const before = this.#times.get(STREAM_TIME) ?? -Infinity
    if (timestamp <= before) return before
    this.#times.put(STREAM_TIME, timestamp)
    return timestamp
  }

  #add(start: number, { key, value }: Row<V>): Result {
    const { fold } = this.#options
    const id = `${start}:${key}`
    const before = this.#state.get(id)
    if (before === undefined) this.#windows().add(start, key)
    const after = fold.add(before ?? fold.initial(), value)
    this.#state.put(id, after)
    return fold.result(after, key, this.#window(start))
  }

  #close(streamTime: number, row: Row<V>, emit: (output: FoldOutput<Result, Late>) => void): void {
    const open = this.#windows()
    while (open.first !== undefined && this.#closesAt(open.first) <= streamTime) {
      const start = open.first
      for (const key of open.removeFirst()) {
        const id = `${start}:${key}`
        const state = this.#state.get(id)
        if (state === undefined) throw new Error(`window state ${id} is gone`)
        emit({
          key,
          origin: row.origin,
          output: 'closed',
          value: this.#options.fold.result(state, key, this.#window(start)),
        })
        this.#state.delete(id)
      }
    }
  }

  /** Built from the restored state at the first row. */
  #windows(): OpenWindows {
    this.#open ??= new OpenWindows(this.#state)
    return this.#open
  }

  #window(start: number): Window {
    return { start, end: start + this.#options.windows.sizeMs }
  }

  #closesAt(start: number): number {
    return start + this.#options.windows.sizeMs + this.#options.windows.graceMs
  }
}

/** Which keys each open window has. */
class OpenWindows {
  readonly #keys = new Map<number, string[]>()
  /** Start of the oldest open window. */
  first: number | undefined

  constructor(state: Store<unknown>) {
    for (const [id] of state.entries()) {
      const colon = id.indexOf(':')
      this.add(Number(id.slice(0, colon)), id.slice(colon + 1))
    }
  }

  add(start: number, key: string): void {
    const keys = this.#keys.get(start)
    if (keys !== undefined) {
      keys.push(key)
      return
    }
    this.#keys.set(start, [key])
    if (this.first === undefined || start < this.first) this.first = start
  }

  removeFirst(): string[] {
    if (this.first === undefined) return []
    const keys = this.#keys.get(this.first) ?? []
    this.#keys.delete(this.first)
    this.first = this.#keys.size === 0 ? undefined : Math.min(...this.#keys.keys())
    return keys
  }
}
