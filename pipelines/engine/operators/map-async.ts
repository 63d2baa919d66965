import type { Observable } from 'rxjs'
import { graphNode, nodeOf } from '../graph.ts'
import { OrderedWork } from '../ordered-work.ts'
import type { Outcome } from '../outcome.ts'
import { type Row, withValue } from '../row.ts'
import { SubGraph } from '../sub-graph.ts'
import { type Named, buildingTask } from '../task-context.ts'
import { requireLength } from '../windows.ts'
import { emits } from './operate.ts'
import type { StepContext } from './step.ts'

/** What asynchronous work may know besides the value. */
export interface AsyncStepContext extends StepContext {
  /** Aborted when the result is no longer wanted: the time is over, or the task is another process's now. */
  readonly signal: AbortSignal
}

/** One decision that has to ask someone. Its function name labels metrics. */
export type AsyncStep<In, Out> = (value: In, context: AsyncStepContext) => Promise<Outcome<Out>>

export interface MapAsyncOptions extends Named {
  /** How many rows of a task are worked on at a time, at most. */
  concurrency: number
  /** Work that takes longer has failed, ms. Default: no bound, and a work that never ends stops the topology. */
  timeoutMs?: number
}

/** A row that is worked on, and what its sub-graph's times were when it came. */
interface Taken<In, By extends string> {
  row: Row<In, By>
  time: number
  carried: number
}

/** Work for a row has taken too long. */
export class WorkTimeoutError extends Error {
  override readonly name = 'WorkTimeoutError'
}

/**
 * Asks someone about each row, a service or a database, several rows at a time; the run waits for the answers before anything
 * of it is committed. Rows go on in their order, whichever answer comes first, so in the order of each key and in the same
 * order in a replay.
 *
 *     rows            --a--b--c------
 *     answers               B  C   A
 *     mapAsync(f)     -------------ABC
 *
 * As with a {@link step} the answer is an outcome: `ok` goes on, `drop` is counted, `deadLetter` sets the record aside. A
 * rejection, a time-out included, is unexpected and ends the process: what may fail, `work` tries again itself. After a
 * crash rows are worked on again, so what it changes elsewhere has to bear repeating.
 *
 * Behind it begins a sub-graph with a stream time of its own: what it was in front when a row came, from the moment at which work on that
 * is done; so it closes the same windows however long the answers take.
 * @throws RangeError for a concurrency that is no whole number above 0, or a time-out that is not in whole ms above 0
 */
export function mapAsync<In, Out>(
  work: AsyncStep<In, Out>,
  { concurrency, timeoutMs, name: own }: MapAsyncOptions,
): <By extends string>(rows: Observable<Row<In, By>>) => Observable<Row<Out, By>> {
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new RangeError(`mapAsync() with a concurrency of ${concurrency} would never work: give 1 or more`)
  if (timeoutMs !== undefined)
    requireLength(timeoutMs, 'above 0', `mapAsync() with a time-out of ${timeoutMs} ms would always fail`)
  const { name } = work
  return <By extends string>(rows: Observable<Row<In, By>>) => {
    const task = buildingTask('mapAsync')
    const input = nodeOf('mapAsync', rows)
    const subGraph = new SubGraph(task.uniqueName('map-async', own), input.subGraph)
    const node = graphNode('mapAsync', name, [input], { subGraph })

    return emits<Row<Out, By>>(node, (emit, fail) => {
      function settle({ row, time, carried }: Taken<In, By>, outcome: Outcome<Out>): void {
        subGraph.advance(time, row.origin)
        if (outcome.kind === 'ok') {
          subGraph.passes(carried)
          emit(withValue(row, outcome.value))
          subGraph.passed()
          return
        }
        task.count(name, outcome.kind, outcome.reason)
        if (outcome.kind === 'dead_letter') task.deadLetter(row.origin, 'step', outcome.reason, outcome.code)
      }
      const works = new OrderedWork<Taken<In, By>, Outcome<Out>>({
        concurrency,
        work: ({ row: { value, origin } }, abort) =>
          inTime(name, timeoutMs, abort, () => work(value, { now: origin.timestamp, signal: abort.signal })),
        next: (taken, outcome) => task.work.resume(() => settle(taken, outcome)),
        fail,
      })
      task.work.waitsFor(works)
      const next = (row: Row<In, By>) => {
        const { time, carried } = input.subGraph
        works.take({ row, time, carried })
      }
      return [{ rows, next }]
    })
  }
}

/** Fails, and aborts, what takes longer than `timeoutMs`. */
async function inTime<T>(
  name: string,
  timeoutMs: number | undefined,
  abort: AbortController,
  work: () => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return work()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = new WorkTimeoutError(
      `mapAsync(${name}): work on a row took longer than ${timeoutMs} ms: look at what it asks, or raise timeoutMs`,
    )
    late.reject(error)
    abort.abort(error)
  }, timeoutMs)
  abort.signal.addEventListener('abort', () => clearTimeout(timer))
  try {
    return await Promise.race([work(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
