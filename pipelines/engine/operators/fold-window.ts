import type { Observable } from 'rxjs'
import { type TimeSemantics, operatorClock } from '../clock.ts'
import { graphNode, nodeOf } from '../graph.ts'
import type { OutputRow, Row } from '../row.ts'
import { type Named, buildingTask } from '../task-context.ts'
import type { Fold, MergeFor, WindowLateness } from '../windowing/fold.ts'
import { holdBackOf, makeWindower, requireMerge } from '../windowing/make-windower.ts'
import { WindowStore } from '../windowing/window-store.ts'
import { WindowedFold } from '../windowing/windowed-fold.ts'
import type { WindowOutputs } from '../windowing/windower.ts'
import type { SessionWindows, Windows } from '../windows.ts'
import { emits } from './operate.ts'

export type { Fold, Lateness, WindowLateness } from '../windowing/fold.ts'

/** Which outputs there are besides `late`: `open`, `closed`, or both. */
export type EmitWindows = 'on-update' | 'on-close' | 'both'

export interface FoldWindowOptions<
  V,
  State,
  Result,
  Late,
  W extends Windows,
  E extends EmitWindows,
> extends Named {
  windows: W
  fold: Fold<V, State, Result> & MergeFor<W, State>
  /** What is told of a row that at least one of its windows refused. */
  late: (value: V, lateness: WindowLateness) => Late
  /** Default: `both`; for sessions there is `on-close` only, for a merge would have to take back what was said of two. */
  emit?: E & (W extends SessionWindows ? 'on-close' : unknown)
  /** Default: `task`. Whichever it is, what has been closed is stored with the windows and stays closed through a crash. */
  timeSemantics?: TimeSemantics
}

type Emitted<E extends EmitWindows> = {
  'on-update': 'open'
  'on-close': 'closed'
  both: 'open' | 'closed'
}[E]
type DefaultEmit<W extends Windows> = W extends SessionWindows ? 'on-close' : 'both'

type FoldOutput<Result, Late, E extends EmitWindows, By extends string> =
  OutputRow<Emitted<E>, Result, By> | OutputRow<'late', Late, By>

/**
 * Folds rows by key and window of event time. A window closes when stream time (the highest event time of all rows that
 * its sub-topology has read, in this task) reaches its end and grace, a session a gap later. From that moment on it refuses rows: they are late.
 *
 *     event time   0:10  0:50  1:10  1:31  0:55          tumbling windows of 1 min, grace 30 s
 *     open         a=1   a=2   a'=1  a'=2
 *     closed                         a=2                 at 1:30 in stream time
 *     late                                 0:55
 *
 * `open` is each update of a window; `closed` each window once, when it closes. Their time is the largest timestamp of the rows
 * in that window, as in Kafka Streams. What closes at one moment comes in the order of ends, then of the keys' bytes.
 * `late` is each row that at least one of its windows refused, once; those that are still open have taken it.
 *
 * @throws TypeError for a fold without `merge` where windows need it, and for sessions that are to emit updates.
 */
export function foldWindow<V, State, Result, Late, W extends Windows, E extends EmitWindows = DefaultEmit<W>>(
  options: FoldWindowOptions<V, State, Result, Late, W, E>,
): <By extends string>(rows: Observable<Row<V, By>>) => Observable<FoldOutput<Result, Late, E, By>> {
  const { windows, fold, timeSemantics = 'task' } = options
  const emit = emitOf(windows, options.emit)
  requireMerge(windows, fold)
  return <By extends string>(rows: Observable<Row<V, By>>) => {
    const task = buildingTask('foldWindow')
    const name = task.uniqueName('fold-window', options.name)
    const store = new WindowStore(fold.codec, windows.kind === 'session' ? 'by-time' : 'by-start')
    task.keep(name, store)
    const input = nodeOf('foldWindow', rows)
    const node = graphNode('foldWindow', name, [input], {
      stores: [name],
      holdBackMs: emit === 'on-update' ? 0 : holdBackOf(windows),
      openWindows: () => store.count,
      onRestored: () => store.requireSame(name, windows),
    })
    input.subGraph.hasGrace(windows.graceMs)
    return emits<FoldOutput<Result, Late, E, By>>(node, (out) => {
      const outputs = new Outputs(options, out as (row: AnyOutput<Result, Late>) => void)
      const windowed = new WindowedFold<V>(
        store,
        () => {
          store.rememberCut(windows)
          return makeWindower(windows, fold, store, outputs.of(emit))
        },
        (row, streamTime, refused) => outputs.late(row, streamTime, refused),
      )
      const clock = operatorClock([input], timeSemantics, (time, origin) => windowed.advance(time, origin))
      const next = (row: Row<V, By>) => {
        clock.observe(row)
        windowed.take(row, clock.carried)
      }
      return [{ rows, next }]
    })
  }
}

function emitOf(windows: Windows, emit: EmitWindows | undefined): EmitWindows {
  if (windows.kind !== 'session') return emit ?? 'both'
  if (emit === undefined || emit === 'on-close') return 'on-close'
  throw new TypeError(
    `sessions cannot emit "${emit}": when a row joins two, what was said of both would have to be taken back; ` +
      'leave out emit, or set it to "on-close"',
  )
}

type AnyOutput<Result, Late> = OutputRow<'open' | 'closed', Result> | OutputRow<'late', Late>

/** Makes rows of what windows say. */
class Outputs<V, State, Result, Late> {
  readonly #fold: Fold<V, State, Result>
  readonly #late: (value: V, lateness: WindowLateness) => Late
  readonly #emit: (row: AnyOutput<Result, Late>) => void

  constructor(
    { fold, late }: { fold: Fold<V, State, Result>; late: (value: V, lateness: WindowLateness) => Late },
    emit: (row: AnyOutput<Result, Late>) => void,
  ) {
    this.#fold = fold
    this.#late = late
    this.#emit = emit
  }

  of(emit: EmitWindows): WindowOutputs<V, State> {
    const open: WindowOutputs<V, State>['open'] = ({ key, origin }, window, { time, state }) =>
      this.#emit({ key, time, origin, output: 'open', value: this.#fold.result(state, key, window) })
    const closed: WindowOutputs<V, State>['closed'] = (key, window, { time, state }, origin) =>
      this.#emit({ key, time, origin, output: 'closed', value: this.#fold.result(state, key, window) })
    return {
      open: emit === 'on-close' ? undefined : open,
      closed: emit === 'on-update' ? undefined : closed,
    }
  }

  late(row: Row<V>, streamTime: number, refused: readonly number[]): void {
    const lateByMs = streamTime - Math.max(...refused)
    const lateness: WindowLateness = { streamTime, lateByMs, windows: refused.length }
    this.#emit({ ...row, output: 'late', value: this.#late(row.value, lateness) })
  }
}
