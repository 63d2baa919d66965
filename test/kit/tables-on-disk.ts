import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changelogOf } from '../../pipelines/engine/changelog-of.ts'
import { SnapshotFile } from '../../pipelines/engine/kafka/snapshot/snapshot-file.ts'
import { StoreTable } from '../../pipelines/engine/kafka/snapshot/store-table.ts'
import type { OutgoingRecords } from '../../pipelines/engine/outgoing-records.ts'
import { pageIn } from '../../pipelines/engine/pages.ts'
import type { LoggedState } from '../../pipelines/engine/store.ts'
import type { Task } from '../../pipelines/engine/task.ts'
import { type DriveOptions, TopologyDriver } from '../../pipelines/engine/testing/drive.ts'
import type { DriverTables } from '../../pipelines/engine/testing/driver-tables.ts'
import type { Topology } from '../../pipelines/engine/topology.ts'

interface Lying {
  state: LoggedState
  /** Name of the table. */
  store: string
  table: StoreTable
  place: { store: string; partition: number }
  ids: Set<string>
}

/** A file of tables below the tasks of drivers, for as many as there are one after the other. */
export class TablesOnDisk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'continuo-tables-'))
  readonly file = SnapshotFile.open(this.#folder)
  readonly #tables = new WeakMap<TopologyDriver, Tables>()
  #drivers = 0

  /** Drives a topology with its state in tables that are empty, of which so many keys are kept in memory. */
  drive(topology: Topology, options: DriveOptions = {}, keysInMemory = 0): TopologyDriver {
    this.#drivers += 1
    const tables = new Tables(this.file, this.#drivers, keysInMemory)
    const driver = new TopologyDriver(topology, options, tables)
    this.#tables.set(driver, tables)
    return driver
  }

  /** The ids of all that the stores of a driver have, by store and partition. */
  idsOf(driver: TopologyDriver): Map<{ store: string; partition: number }, Set<string>> {
    const { lying } = this.#tables.get(driver)!
    return new Map([...lying].map(([, { place, ids }]) => [place, ids]))
  }

  async close(): Promise<void> {
    await this.file.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

class Tables implements DriverTables {
  readonly #file: SnapshotFile
  readonly #driver: number
  readonly #keysInMemory: number
  /** By changelog and partition. */
  readonly lying = new Map<string, Lying>()

  constructor(file: SnapshotFile, driver: number, keysInMemory: number) {
    this.#file = file
    this.#driver = driver
    this.#keysInMemory = keysInMemory
  }

  lieUnder(task: Task): void {
    for (const [name, { store: state }] of task.stores) {
      const changelog = `${changelogOf(task.topology, name)}:${task.partition}`
      const before = this.lying.get(changelog)
      const size = before?.table.size ?? 0
      const store = `${this.#driver}:${changelog}`
      const table = new StoreTable(this.#file, { store, order: state.order, size })
      state.lieOn(table, this.#keysInMemory)
      const place = { store: name, partition: task.partition }
      this.lying.set(changelog, { state, store, table, place, ids: before?.ids ?? new Set() })
    }
  }

  async committed(outgoing: readonly OutgoingRecords[]): Promise<void> {
    const writes = outgoing.flatMap((records) => {
      const lying = this.lying.get(`${records.topic}:${records.partition(0)}`)
      if (lying === undefined) return []
      for (const { key, value } of records) {
        const { page, id } = pageIn(key)
        if (value !== null) lying.ids.add(id)
        else if (page === 0) lying.ids.delete(id)
      }
      return [{ store: lying.store, changes: [...lying.table.changesFor(records)] }]
    })
    if (writes.length > 0) await this.#file.writeTables(writes)
    for (const { state } of this.lying.values()) state.letGo()
  }
}
