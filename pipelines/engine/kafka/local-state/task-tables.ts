import type { Logger } from 'pino'
import { StateError } from '../../errors.ts'
import type { OutgoingRecords } from '../../outgoing-records.ts'
import type { StoreChange } from '../../pages.ts'
import type { LoggedState } from '../../logged-state.ts'
import { FORMATS, type Identity, identify, requireOf } from './identity.ts'
import type { ChangelogOfStore, FoundStore, LocalState, TaskState } from './local-state.ts'
import { openOrBegin } from './open-or-begin.ts'
import type { StateFile, TableWrite } from './state-file.ts'
import { StoreTable } from './store-table.ts'

/** A store with its table. */
interface StoreOnDisk {
  store: string
  state: LoggedState
  table: StoreTable
  identity: Identity
  /** The first offset of the changelog that the table has not. */
  offset: bigint
}

/**
 * State of a task that may be larger than memory: a table in LMDB for each of its stores. A table is written when a transaction has been
 * committed, and the task waits for that, for it reads the table again. A process killed between the two reads the missing records from the
 * changelog. One killed between the first reading and the first commit reads all of it, as the file may be what ended it. A table that
 * cannot be used is made anew from the changelog; one that turns out broken while rows are processed ends the process.
 */
export class TaskTables implements LocalState {
  readonly #task: TaskState
  readonly #file: StateFile
  /** By the name of the changelog, without prefix. */
  readonly #stores = new Map<string, StoreOnDisk>()
  #over = false
  /** To another process, before all of it had been restored: it has nothing to commit. */
  #lost = false

  private constructor(task: TaskState, file: StateFile) {
    this.#task = task
    this.#file = file
  }

  /**
   * Opens what there is, or begins anew where some of it cannot be used, and gives the stores their tables. Answers what is there by the
   * name of the changelog, without prefix. `keysInMemory`: see {@link LoggedState.attachTable}.
   */
  static async open(
    folder: string,
    task: TaskState,
    stores: readonly ChangelogOfStore[],
    { log, keysInMemory }: { log: Logger; keysInMemory: number },
  ) {
    const told = log.child({ topology: task.topology, partition: task.partition })
    const requireUsable = (file: StateFile) => {
      for (const { store, identity, ends } of stores) {
        const entry = file.entry(store)
        if (entry !== undefined) requireOf(FORMATS.table, identity, entry, ends, Date.now())
      }
    }
    const tables = new TaskTables(task, await openOrBegin(folder, task, told, requireUsable))
    const found = new Map<string, FoundStore>()
    for (const { store, changelog, identity, ends } of stores) {
      const entry = tables.#file.entry(store)
      const state = task.stores.get(store)!.store
      const [offset, size] = entry === undefined ? [ends.low, 0] : [BigInt(entry.offset), entry.records]
      const name = `${task.topology}:${task.partition} ${store}`
      const table = new StoreTable(tables.#file, { store, index: state.index, name, size })
      state.attachTable(table, keysInMemory)
      tables.#stores.set(changelog, { store, state, table, identity, offset })
      if (entry !== undefined) found.set(changelog, { blocks: [], records: size, offset })
    }
    tables.#file.hasBeenRead()
    return { tables, found }
  }

  /** Meanwhile the task may have become another process's: what is left to be read is of no use then, and is not kept. */
  async restored(changelog: string, changes: readonly StoreChange[], next: bigint): Promise<void> {
    if (this.#lost) return
    const store = this.#stores.get(changelog)!
    store.offset = next
    this.#lost = !(await this.#write([writeOf(store, changes)]))
    if (!this.#lost) this.#file.trust({ forGood: false })
  }

  async committed(
    outgoing: readonly OutgoingRecords[],
    endOf: (changelog: string) => bigint | undefined,
  ): Promise<void> {
    if (this.#over) return
    if (this.#lost)
      throw new StateError(
        `another process has taken over what STATE_DIR has of ${this.#task.topology}:${this.#task.partition}: start this one again, and its ` +
          'group tells it which tasks are its own',
      )
    const writes = [...this.#stores].map(([changelog, store]) => {
      store.offset = endOf(changelog) ?? store.offset
      return writeOf(store, outgoing.find(({ topic }) => topic === changelog) ?? [])
    })
    if (!(await this.#write(writes))) {
      // Another process has taken over: this one is fenced and commits no more, so what it has in memory is enough until it ends.
      this.#over = true
      return
    }
    this.#file.trust({ forGood: true })
    for (const { state } of this.#stores.values()) state.flushed()
  }

  async #write(writes: readonly TableWrite[]): Promise<boolean> {
    try {
      return await this.#file.writeTables(writes)
    } catch (cause) {
      this.#over = true
      // What has been read of it is good all the same: the next start goes on with it.
      this.#file.trust({ forGood: true })
      throw new StateError(
        `what STATE_DIR has of ${this.#task.topology}:${this.#task.partition} cannot be written: ${(cause as Error).message}; ` +
          'make room on its disk, or give it another, and start again: nothing is lost',
        { cause },
      )
    }
  }

  trust(): void {
    this.#file.trust({ forGood: true })
  }

  async close(): Promise<void> {
    this.#over = true
    await this.#file.close()
  }
}

function writeOf(
  { store, table, identity, offset }: StoreOnDisk,
  records: Iterable<StoreChange>,
): TableWrite {
  const changes = table.changesFor(records)
  const entry = {
    identity: identify(FORMATS.table, identity),
    records: table.size,
    offset: String(offset),
    writtenAt: Date.now(),
  }
  return { store, changes, entry }
}
