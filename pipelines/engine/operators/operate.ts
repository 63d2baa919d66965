import type { Observable } from 'rxjs'
import { TopologyError } from '../errors.ts'
import { type GraphNode, type Rows, takeRows } from '../graph.ts'
import { Outlet } from '../outlet.ts'
import type { Row } from '../row.ts'
import { buildingTask } from '../task-context.ts'

/** Rows that an operator takes in, and what it does with each. */
export interface Feed {
  rows: Observable<unknown>
  next(row: never): void
}

const UNTIMED = ({ kind, label }: GraphNode) =>
  `${kind}(${label}) is given a row without a time in whole ms since 1970, by an operator of RxJS before it: let map() keep the ` +
  'time, as in { ...row, value }, or set it to a whole number'

const COMPLETED = 'leave out operators that end a stream, like take() and first()'

/**
 * The core of every operator: `connect` sets it up, is given the way out, and says what it takes in. Rows are made once,
 * however many listen, so that state sees each row once. What `next` throws is told to the task, which throws it on: a plain
 * `subscribe({ next })` would lose it, for RxJS reports such an exception later and elsewhere, when the row may have been
 * committed as done; and as the error of the stream it would be for catchError() to hide, with all rows after it.
 * What goes wrong outside of `next` is told by the second function that `connect` is given.
 */
export function emits<Out>(
  node: GraphNode,
  connect: (emit: (row: Out) => void, fail: (error: unknown) => void) => Feed[],
): Rows<Out> {
  const { work } = buildingTask(node.kind)
  const fail = (error: unknown) => work.fail(error)
  let connected = false
  const outlet = new Outlet<Out>(node, () => {
    if (connected) return
    connected = true
    for (const feed of feeds) take(feed, node, fail)
  })
  const feeds = connect((row) => outlet.next(row), fail)
  return outlet.rows
}

function take({ rows, next }: Feed, node: GraphNode, fail: (error: unknown) => void): void {
  takeRows(rows, {
    next(row) {
      try {
        // What windows and joins would take for late, for nobody's, or keep for ever.
        if (!Number.isSafeInteger((row as Row<unknown>).time)) throw new TopologyError(UNTIMED(node))
        next(row as never)
      } catch (error) {
        fail(error)
      }
    },
    error: fail,
    complete: () => fail(new TopologyError(`${node.kind}(${node.label}) gets no more rows: ${COMPLETED}`)),
  })
}

/** An operator with one input: says what becomes of each row. */
export const operate = <In, Out>(
  node: GraphNode,
  rows: Observable<In>,
  next: (row: In, emit: (row: Out) => void) => void,
): Rows<Out> => emits(node, (emit) => [{ rows, next: (row: In) => next(row, emit) }])
