import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { changelogOf } from '../../changelog-of.ts'
import type { OutgoingRecords } from '../../outgoing-records.ts'
import type { StoreChange } from '../../pages.ts'
import { partitionKey } from '../../raw-record.ts'
import type { Task } from '../../task.ts'
import { withAdmin } from '../admin.ts'
import type { PartitionEnds } from '../offsets.ts'
import { runDefaults } from '../run-defaults.ts'
import { topicIds } from '../topic-ids.ts'
import type { ChangelogOfStore, FoundStore, LocalState } from './local-state.ts'
import { TaskSnapshot } from './task-snapshot.ts'
import { TaskTables } from './task-tables.ts'

/** Where state is kept: all in memory, or on this machine's disk, with only the keys that are being worked with in memory. */
export type StateStore = 'memory' | 'disk'

export interface StateDirectoryOptions {
  kafka: Kafka
  /** A folder of this machine; each task has one in it. */
  stateDir: string
  /** Tells topologies of one folder apart, prefix and application included. */
  group: string
  topicPrefix: string
  /** Default: `memory`. */
  stateStore?: StateStore
  /** See {@link LoggedState.attachTable}. */
  keysInMemory?: number
  log: Logger
}

/** What this machine keeps of the tasks that a process runs of a topology: snapshots, or tables that their stores read. */
export class StateDirectory {
  readonly #options: StateDirectoryOptions
  readonly #open = new Map<Task, LocalState>()
  readonly #closing = new Set<Promise<void>>()
  readonly #end = new AbortController()

  /** @throws if nothing can be written there */
  constructor(options: StateDirectoryOptions) {
    this.#options = options
    try {
      mkdirSync(options.stateDir, { recursive: true })
    } catch (cause) {
      throw new Error(
        `no state can be kept in ${options.stateDir}: give STATE_DIR a folder that this process may write, or none with STATE_STORE=memory`,
        { cause },
      )
    }
  }

  /** Whether the stores read tables, and are not to be given what is restored. */
  get onDisk(): boolean {
    return this.#options.stateStore === 'disk'
  }

  /** Aborted when it is closed: what is being restored by then is of no use to anybody, and cannot be kept. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /**
   * Opens what there is of tasks that are to be restored, `ends` being those of their changelogs. Answers what they hold, by the
   * partition of the changelog.
   */
  async open(
    tasks: readonly Task[],
    ends: ReadonlyMap<string, PartitionEnds>,
  ): Promise<Map<string, FoundStore>> {
    const { kafka, stateDir, group, topicPrefix } = this.#options
    await Promise.all(this.#closing)
    const changelogs = new Set(tasks.flatMap((task) => [...changelogsOf(task)].map(([name]) => name)))
    const ids = await topicIds(
      kafka,
      [...changelogs].map((name) => topicPrefix + name),
    )
    const { clusterId } = await withAdmin(kafka, (admin) => admin.describeCluster())
    const all = new Map<string, FoundStore>()
    for (const task of this.signal.aborted ? [] : tasks) {
      const { partition } = task
      const stores = [...changelogsOf(task)].map(([changelog, store]) => {
        const topic = topicPrefix + changelog
        const identity = { cluster: clusterId, topic, topicId: ids.get(topic)!, partition }
        return { store, changelog, identity, ends: ends.get(partitionKey(identity)) ?? { low: 0n, high: 0n } }
      })
      if (stores.length === 0) continue
      const folder = join(stateDir, group, String(partition))
      const { local, found } = await this.#openOf(folder, task, stores)
      this.#open.set(task, local)
      for (const [changelog, state] of found)
        all.set(partitionKey({ topic: topicPrefix + changelog, partition }), state)
    }
    return all
  }

  async #openOf(
    folder: string,
    task: Task,
    stores: readonly ChangelogOfStore[],
  ): Promise<{ local: LocalState; found: Map<string, FoundStore> }> {
    const { log, keysInMemory = runDefaults.keysInMemory } = this.#options
    if (this.onDisk) {
      const { tables, found } = await TaskTables.open(folder, task, stores, { log, keysInMemory })
      return { local: tables, found }
    }
    const { snapshot, found } = await TaskSnapshot.open(folder, task, stores, log)
    return { local: snapshot, found }
  }

  /** See {@link LocalState.restored}. */
  async restored(
    task: Task,
    changelog: string,
    changes: readonly StoreChange[],
    next: bigint,
  ): Promise<void> {
    await this.#open.get(task)?.restored(changelog, changes, next)
  }

  /** See {@link LocalState.committed}; `ends` are by the partition of the topic, as Kafka knows it. */
  async committed(
    task: Task,
    outgoing: readonly OutgoingRecords[],
    ends: ReadonlyMap<string, bigint>,
  ): Promise<void> {
    const { topicPrefix } = this.#options
    await this.#open
      .get(task)
      ?.committed(outgoing, (changelog) =>
        ends.get(partitionKey({ topic: topicPrefix + changelog, partition: task.partition })),
      )
  }

  /** An error ends the process, and no file of LMDB's: the next start need not read all from the changelogs. */
  trust(): void {
    for (const local of this.#open.values()) local.trust()
  }

  /** Ends with a task that now is another's. */
  release(partition: number): void {
    for (const [task, snapshot] of this.#open) {
      if (task.partition !== partition) continue
      this.#open.delete(task)
      const closing = snapshot.close().finally(() => this.#closing.delete(closing))
      this.#closing.add(closing)
    }
  }

  async close(): Promise<void> {
    this.#end.abort()
    for (const { partition } of [...this.#open.keys()]) this.release(partition)
    await Promise.all(this.#closing)
  }
}

/** The stores of a task by the names of their changelogs, without prefix. */
function* changelogsOf({ topology, stores }: Task): Generator<[changelog: string, store: string]> {
  for (const store of stores.keys()) yield [changelogOf(topology, store), store]
}
