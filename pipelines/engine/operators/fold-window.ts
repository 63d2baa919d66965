import type { Observable } from 'rxjs'
import { type OperatorClock, type TimeSemantics, operatorClock } from '../clock.ts'
import { graphNode, nodeOf } from '../graph.ts'
import type { RawRecord } from '../kafka/raw-record.ts'
import type { OutputRow, Row } from '../row.ts'
import type { Store, StoreCodec } from '../store.ts'
import { buildingTask } from '../task-context.ts'
import type { Window, Windows } from '../windows.ts'
import { emits } from './operate.ts'

/** How the rows of one key in one window become one value. */
export interface Fold<V, State, Result> {
  initial(): State
  /** May change `state` and return it. */
  add(state: State, value: V): State
  /** The state of both: what one fold of the rows of `a` and of `b` would have. Changes neither. */
  merge?(a: State, b: State): State
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
  fold: Fold<V, State, Result>
  late: (value: V, lateness: Lateness) => Late
  /** Default: `task`. */
  timeSemantics?: TimeSemantics
}

type FoldOutput<Result, Late, By extends string> =
  OutputRow<'open' | 'closed', Result, By> | OutputRow<'late', Late, By>

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
): <By extends string>(rows: Observable<Row<V, By>>) => Observable<FoldOutput<Result, Late, By>> {
  return <By extends string>(rows: Observable<Row<V, By>>) => {
    const task = buildingTask('foldWindow')
    const name = task.uniqueName('fold-window')
    const state = task.store(name, options.fold.codec)
    const { sizeMs, graceMs } = options.windows
    const input = nodeOf('foldWindow', rows)
    const node = graphNode('foldWindow', name, [input], {
      stores: [name],
      holdBackMs: sizeMs + graceMs,
    })
    input.subGraph.hasGrace(graceMs)
    return emits<FoldOutput<Result, Late, By>>(node, (emit) => {
      const windows = new WindowedFold(
        options,
        state,
        emit as (row: FoldOutput<Result, Late, string>) => void,
      )
      const clock = operatorClock([input], options.timeSemantics ?? 'task', (time, origin) =>
        windows.close(time, origin),
      )
      return [{ rows, next: (row: Row<V, By>) => windows.take(row, clock) }]
    })
  }
}

/** The open windows of one task, in order of their start. */
class WindowedFold<V, State, Result, Late> {
  readonly #options: FoldWindowOptions<V, State, Result, Late>
  readonly #state: Store<State>
  readonly #emit: (output: FoldOutput<Result, Late, string>) => void
  #open: OpenWindows | undefined

  constructor(
    options: FoldWindowOptions<V, State, Result, Late>,
    state: Store<State>,
    emit: (output: FoldOutput<Result, Late, string>) => void,
  ) {
    this.#options = options
    this.#state = state
    this.#emit = emit
  }

  take(row: Row<V>, clock: OperatorClock): void {
    const { windows, late } = this.#options
    clock.observe(row)
    const streamTime = clock.time
    for (const start of windows.startsFor(row.time)) {
      const lateByMs = streamTime - this.#closesAt(start)
      if (lateByMs >= 0) {
        this.#emit({ ...row, output: 'late', value: late(row.value, { streamTime, lateByMs }) })
      } else {
        this.#emit({ ...row, output: 'open', value: this.#add(start, row) })
      }
    }
  }

  close(streamTime: number, origin: RawRecord): void {
    const open = this.#windows()
    while (open.first !== undefined && this.#closesAt(open.first) <= streamTime) {
      const start = open.first
      for (const key of open.removeFirst()) {
        const id = `${start}:${key}`
        const state = this.#state.get(id)
        if (state === undefined) throw new Error(`window state ${id} is gone`)
        this.#emit({
          key,
          time: start,
          origin,
          output: 'closed',
          value: this.#options.fold.result(state, key, this.#window(start)),
        })
        this.#state.delete(id)
      }
    }
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
