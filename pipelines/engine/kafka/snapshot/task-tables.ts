import type { Logger } from 'pino'
import { StateError } from '../../errors.ts'
import type { OutgoingRecords } from '../../outgoing-records.ts'
import type { StoreChange } from '../../pages.ts'
import type { LoggedState } from '../../store.ts'
import { FORMATS, type Identity, identify, requireOf } from './identity.ts'
import {
  type FoundState,
  type LocalState,
  type SnapshotStore,
  type TaskState,
  notUsed,
  openOrBegin,
} from './local-state.ts'
import { SnapshotError } from './snapshot-error.ts'
import { SnapshotFile, type StoreEntry, type TableWrite } from './snapshot-file.ts'
import { StoreTable } from './store-table.ts'

/** A store, and the table that it lies on. */
interface Lying {
  store: string
  state: LoggedState
  table: StoreTable
  identity: Identity
  /** The first offset of the changelog that the table has not. */
  offset: bigint
}

/**
 * The state of a task that is larger than memory: tables in LMDB, on which its stores lie. They get what a transaction has committed, and
 * before that is in them, the task does not go on: it reads them again. An end of the process in between costs nothing, for the next start
 * reads from the changelog what they have not. So does whatever goes wrong with them, but that it ends the process.
 */
export class TaskTables implements LocalState {
  readonly #task: TaskState
  readonly #file: SnapshotFile
  /** By the name of the changelog, without prefix. */
  readonly #stores = new Map<string, Lying>()
  #over = false

  private constructor(task: TaskState, file: SnapshotFile) {
    this.#task = task
    this.#file = file
  }

  /**
   * Opens what there is, or begins anew where some of it cannot be used, and has the stores lie on it. Answers what is there by the name of
   * the changelog, without prefix. `keysInMemory`: see {@link LoggedState.lieOn}.
   */
  static async open(
    folder: string,
    task: TaskState,
    stores: readonly SnapshotStore[],
    { log, keysInMemory }: { log: Logger; keysInMemory: number },
  ) {
    const told = log.child({ topology: task.topology, partition: task.partition })
    const tables = new TaskTables(task, await openTables(folder, task, stores, told))
    const found = new Map<string, FoundState>()
    for (const { store, changelog, identity, ends } of stores) {
      const entry = tables.#file.entry(store)
      const state = task.stores.get(store)!.store
      const [offset, size] = entry === undefined ? [ends.low, 0] : [BigInt(entry.offset), entry.records]
      const table = new StoreTable(tables.#file, { store, order: state.order, size })
      state.lieOn(table, keysInMemory)
      tables.#stores.set(changelog, { store, state, table, identity, offset })
      if (entry !== undefined) found.set(changelog, { blocks: [], records: size, offset })
    }
    tables.#file.hasBeenRead()
    return { tables, found }
  }

  async restored(changelog: string, changes: readonly StoreChange[], next: bigint): Promise<void> {
    const lying = this.#stores.get(changelog)!
    lying.offset = next
    if (await this.#file.writeTables([writeOf(lying, changes)])) return
    throw new StateError(
      `another process has taken over what STATE_DIR has of ${this.#task.topology}:${this.#task.partition}`,
    )
  }

  async committed(
    outgoing: readonly OutgoingRecords[],
    endOf: (changelog: string) => bigint | undefined,
  ): Promise<void> {
    if (this.#over) return
    const writes = [...this.#stores].map(([changelog, lying]) => {
      lying.offset = endOf(changelog) ?? lying.offset
      return writeOf(
        lying,
        outgoing.filter(({ topic }) => topic === changelog).flatMap((each) => [...each]),
      )
    })
    // Who is not its owner any more commits nothing either: it may as well end with what is in memory.
    this.#over = !(await this.#file.writeTables(writes))
    if (this.#over) return
    this.#file.trust()
    for (const { state } of this.#stores.values()) state.letGo()
  }

  async close(): Promise<void> {
    this.#over = true
    await this.#file.close()
  }
}

/** The file, if all that is in it can be used, or an empty one. */
async function openTables(
  folder: string,
  task: TaskState,
  stores: readonly SnapshotStore[],
  log: Logger,
): Promise<SnapshotFile> {
  const file = openOrBegin(folder, task, log)
  try {
    for (const { store, identity, ends } of stores) {
      const entry = file.entry(store)
      if (entry !== undefined) requireOf(FORMATS.table, identity, entry, ends, Date.now())
    }
    return file
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error
    notUsed(log, `${task.topology}:${task.partition}`, error)
    await file.close()
    SnapshotFile.remove(folder)
    return SnapshotFile.open(folder)
  }
}

function writeOf({ store, table, identity, offset }: Lying, records: Iterable<StoreChange>): TableWrite {
  const changes = [...table.changesFor(records)]
  const entry: StoreEntry = {
    identity: identify(FORMATS.table, identity),
    first: 0,
    next: 0,
    records: table.size,
    offset: String(offset),
    writtenAt: Date.now(),
  }
  return { store, changes, entry }
}
