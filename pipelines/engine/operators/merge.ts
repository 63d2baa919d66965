import type { Observable } from 'rxjs'
import { graphNode, nodeOf } from '../graph.ts'
import { buildingTask } from '../task-context.ts'
import { emits } from './operate.ts'

/**
 * Rows of several streams as one, in the order of their time as far as they have arrived.
 *
 *     a              --a--------a--
 *     b              -----b--b-----
 *     merge(a, b)    --a--b--b--a--
 */
export function merge<R>(...streams: Observable<R>[]): Observable<R> {
  buildingTask('merge')
  const inputs = streams.map((each) => nodeOf('merge', each))
  return emits<R>(graphNode('merge', inputs.map(({ label }) => label).join(', '), inputs), (emit) =>
    streams.map((rows) => ({ rows, next: (row: R) => emit(row) })),
  )
}
