import { Observable, type OperatorFunction, type Subscriber } from 'rxjs'

/**
 * The core of an operator: says what becomes of each row; errors and the end pass through. What `next` throws becomes
 * the error of the stream, which the task throws on. A plain `subscribe({ next })` would lose it: RxJS reports such an
 * exception later and elsewhere, when the row may have been committed as done.
 */
export function operate<In, Out>(next: (row: In, out: Subscriber<Out>) => void): OperatorFunction<In, Out> {
  return (rows) =>
    new Observable((out) =>
      rows.subscribe({
        next(row) {
          try {
            next(row, out)
          } catch (error) {
            out.error(error)
          }
        },
        error: (error) => out.error(error),
        complete: () => out.complete(),
      }),
    )
}
