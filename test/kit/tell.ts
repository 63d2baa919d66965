import type { Observable } from 'rxjs'
import { graphNode, nodeOf } from '../../pipelines/engine/graph.ts'
import { operate } from '../../pipelines/engine/operators/operate.ts'

/** Ends a topology, last in its `pipe`: tells a test its rows, also such as no topic could hold. */
export const tell =
  <R>(told: (row: R) => void = () => undefined) =>
  (rows: Observable<R>): Observable<R> => {
    const node = graphNode('tell', 'test', [nodeOf('tell', rows)], { isTable: true })
    return operate<R, R>(node, rows, told)
  }
