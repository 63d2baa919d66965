import type { Observable } from 'rxjs'
import { graphNode, nodeOf } from '../graph.ts'
import { type OutputRow, type Row, withValue } from '../row.ts'
import { buildingTask } from '../task-context.ts'
import { operate } from './operate.ts'

/**
 * Tells rows apart: each goes to the first output whose condition it meets, else to `otherwise`. {@link route} says where
 * each output goes, {@link only} goes on with one of them.
 *
 *     rows                              --1--12--3--
 *     branch({ long: v => v > 9 }, 'short')
 *       long                            -----12-----
 *       short                           --1------3--
 */
export function branch<V, Output extends string, Otherwise extends string>(
  conditions: Readonly<Record<Output, (value: V) => boolean>>,
  otherwise: Otherwise,
): <By extends string>(rows: Observable<Row<V, By>>) => Observable<OutputRow<Output | Otherwise, V, By>> {
  const tests = Object.entries<(value: V) => boolean>(conditions)
  return <By extends string>(rows: Observable<Row<V, By>>) => {
    buildingTask('branch')
    const label = [...Object.keys(conditions), otherwise].join(', ')
    const node = graphNode('branch', label, [nodeOf('branch', rows)])
    return operate<Row<V, By>, OutputRow<Output | Otherwise, V, By>>(node, rows, (row, emit) => {
      const output = tests.find(([, meets]) => meets(row.value))?.[0] ?? otherwise
      emit({ ...row, output } as OutputRow<Output | Otherwise, V, By>)
    })
  }
}

/** The word by which rows of this type are spread. */
type SpreadBy<R> = R extends Row<unknown, infer By> ? By : never

/** Goes on with the rows of one named output. */
export function only<Output extends string>(
  output: Output,
): <R extends OutputRow<string, unknown>>(
  rows: Observable<R>,
) => Observable<Row<Extract<R, { output: Output }>['value'], SpreadBy<R>>> {
  return <R extends OutputRow<string, unknown>>(rows: Observable<R>) => {
    type Told = Row<Extract<R, { output: Output }>['value'], SpreadBy<R>>
    buildingTask('only')
    const node = graphNode('only', output, [nodeOf('only', rows)])
    return operate<R, Told>(node, rows, (row, emit) => {
      if (row.output === output) emit(withValue(row, row.value) as Told)
    })
  }
}
