import type { Logger } from 'pino'
import type { OutgoingRecords } from '../../outgoing-records.ts'
import type { StoreChange } from '../../pages.ts'
import { checkedBlock } from './blocks.ts'
import { FORMATS, requireOf } from './identity.ts'
import type { ChangelogOfStore, FoundStore, LocalState, TaskState } from './local-state.ts'
import { openOrBegin, tellNotUsed } from './open-or-begin.ts'
import { StateFileError } from './state-file-error.ts'
import type { StateFile } from './state-file.ts'
import { StoreLog } from './store-log.ts'

/** Written when so much waits, */
const BYTES_A_WRITE = 4 * 1024 * 1024
/** or after so long, ms: what is read from the changelog after a kill. */
const WRITE_EVERY_MS = 2_000
/** More than this does not wait: the disk is slower than the task. */
const BYTES_WAITING = 64 * 1024 * 1024

/**
 * The snapshot of a task's state on this machine, so that a start reads only the rest of its changelogs. It is written as transactions
 * are committed, never before, and in the background. What goes wrong with it is told, and costs the next start time and nothing else.
 */
export class TaskSnapshot implements LocalState {
  readonly #task: TaskState
  readonly #file: StateFile
  readonly #log: Logger
  /** By the name of the changelog, without prefix. */
  readonly #stores = new Map<string, StoreLog>()
  #writing: Promise<void> | undefined
  #writtenAt = -Infinity
  #over = false

  private constructor(task: TaskState, file: StateFile, log: Logger) {
    this.#task = task
    this.#file = file
    this.#log = log
  }

  /** Opens what there is, and tells of what cannot be used. Answers by the name of the changelog, without prefix. */
  static async open(folder: string, task: TaskState, stores: readonly ChangelogOfStore[], log: Logger) {
    const told = log.child({ topology: task.topology, partition: task.partition })
    const snapshot = new TaskSnapshot(task, await openOrBegin(folder, task, told), told)
    const found = new Map<string, FoundStore>()
    for (const each of stores) {
      const state = snapshot.#find(each)
      if (state !== undefined) found.set(each.changelog, state)
    }
    snapshot.#file.hasBeenRead()
    return { snapshot, found }
  }

  #find({ store, changelog, identity, ends }: ChangelogOfStore): FoundStore | undefined {
    const state = this.#task.stores.get(store)!.store
    try {
      const entry = this.#file.entry(store)
      if (entry !== undefined) {
        requireOf(FORMATS.log, identity, entry, ends, Date.now())
        const blocks = this.#file.blocks(store, entry).map((bytes) => checkedBlock(identity, bytes))
        const offset = BigInt(entry.offset)
        this.#stores.set(changelog, new StoreLog({ store, state, identity, offset }, entry))
        return { blocks, records: entry.records, offset }
      }
    } catch (error) {
      if (!(error instanceof StateFileError)) throw error
      tellNotUsed(this.#log, `${this.#task.topology}:${this.#task.partition} ${store}`, error)
      // Without its entry a table would be taken for an empty one by who goes back to state on disk.
      if (error.reason === 'another_format') this.#file.empty()
    }
    this.#file.clear(store)
    this.#stores.set(changelog, new StoreLog({ store, state, identity, offset: ends.low }, undefined))
    return undefined
  }

  restored(changelog: string, changes: readonly StoreChange[], next: bigint): void {
    this.#stores.get(changelog)?.restored(changes, next)
  }

  /** Resolves soon, unless the disk is too slow. */
  async committed(
    outgoing: readonly OutgoingRecords[],
    endOf: (changelog: string) => bigint | undefined,
  ): Promise<void> {
    if (this.#over) return
    for (const records of outgoing) {
      const store = this.#stores.get(records.topic)
      if (store !== undefined) for (const record of records) store.add(record)
    }
    let bytes = 0
    for (const [changelog, store] of this.#stores) {
      store.committed(endOf(changelog))
      bytes += store.bytes
    }
    const due = bytes >= BYTES_A_WRITE || performance.now() - this.#writtenAt >= WRITE_EVERY_MS
    if (due && bytes > 0 && this.#writing === undefined) this.#write()
    if (bytes > BYTES_WAITING) await this.#writing
  }

  #write(): void {
    this.#writtenAt = performance.now()
    const now = Date.now()
    const writes = [...this.#stores.values()].map((store) => store.take(now))
    this.#writing = this.#file
      .write(writes)
      .then(
        (kept) => {
          if (!kept) this.#giveUp('another process goes on with it')
        },
        (error: unknown) => {
          this.#giveUp(error instanceof Error ? error.message : String(error))
        },
      )
      .finally(() => (this.#writing = undefined))
  }

  #giveUp(why: string): void {
    this.#over = true
    const place = `${this.#task.topology}:${this.#task.partition}`
    this.#log.warn({ reason: 'snapshot_ended' }, `the snapshot of ${place} is not written any more: ${why}`)
  }

  trust(): void {
    // It has been since it was read, when it was opened.
  }

  async close(): Promise<void> {
    await this.#writing
    if (!this.#over) this.#write()
    this.#over = true
    await this.#writing
    await this.#file.close()
  }
}
