import type { Subscriber } from 'rxjs'
import { type GraphNode, Rows } from './graph.ts'

/**
 * Where the rows of one operator go on: to all that listen, in the order in which they began to. RxJS's `Subject` does as much with a closure
 * and an iterator for each row.
 */
export class Outlet<R> {
  readonly rows: Rows<R>
  /** Another array with each change: who comes while a row is on its way is not given that one. */
  #listeners: readonly Subscriber<R>[] = []

  /** `onListener` is called after each that begins to listen. */
  constructor(node: GraphNode, onListener?: () => void) {
    this.rows = new Rows(node, (out) => {
      this.#listeners = [...this.#listeners, out]
      onListener?.()
      return () => (this.#listeners = this.#listeners.filter((each) => each !== out))
    })
  }

  next(row: R): void {
    const listeners = this.#listeners
    for (let at = 0; at < listeners.length; at++) listeners[at]!.next(row)
  }
}
