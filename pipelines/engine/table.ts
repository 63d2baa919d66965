import type { GraphNode, Rows } from './graph.ts'
import type { Row } from './row.ts'
import type { Timed } from './timed.ts'

/**
 * The last value by key of a partition: what the updates of a stream amount to. `readTable`, `toTable` and `joinTables` make
 * one; `joinTable` looks keys up in it, and its `changes` are a stream again.
 *
 *     updates      --a1--b2--a3--a∅--
 *     changes      --a1--b2--a3--a∅--
 *     the table      a1  a1  a3  b2
 *                        b2  b2
 *
 * What arrives later replaces what is there, whatever their times: as in the tables of Kafka Streams that are not versioned.
 */
export class Table<V, By extends string = string> {
  /** Every update in order, with null for a key that is deleted: `write` makes it a tombstone. */
  readonly changes: Rows<Row<V | null, By>>
  readonly #lookUp: (key: string) => Timed<V> | undefined

  constructor(changes: Rows<Row<V | null, By>>, lookUp: (key: string) => Timed<V> | undefined) {
    this.changes = changes
    this.#lookUp = lookUp
  }

  get node(): GraphNode {
    return this.changes.node
  }

  /** For operators: what the table holds now. */
  lookUp(key: string): Timed<V> | undefined {
    return this.#lookUp(key)
  }
}
