import type { OutgoingRecords } from './outgoing-records.ts'
import type { StoreChange } from './pages.ts'
import type { StateTable, TableIndex } from './state-table.ts'

/** State of one task, kept by a changelog: all of it in memory, or, with a table, as much as is being worked with. */
export interface LoggedState {
  readonly size: number
  /** By what a table finds its entries. */
  readonly index: TableIndex
  /** What is in memory, by the keys under which the changelog has it. */
  entries(): Iterable<[string, unknown]>
  /** Adds what has changed since the last call. */
  takeChanges(changes: OutgoingRecords): void
  /** Of state without a table, all that is in it, one value after the other, as the changelog has it. It may be changed in between, and goes on with what it then has. */
  contents(): Generator<StoreChange[], void>
  /** Takes one record of the changelog; {@link restored} makes values of them, before the first is asked for. */
  restore(change: StoreChange): void
  /**
   * Makes values of what has been restored: of copies, for what is decoded may keep its bytes, and these lie in all that one fetch has brought.
   * @throws TopologyError for state that another version has written.
   */
  restored(): void
  /**
   * Has from now on in memory only what is being worked with: see {@link WorkingSet.attachTable}. The rest is in `table`, which gets all
   * changes when they are committed, and what there is to {@link restore}; {@link restored} follows.
   */
  attachTable(table: StateTable, keysInMemory: number): void
  /** All changes are in the table: what is too much in memory is evicted. */
  flushed(): void
}
