import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changelogOf } from '../../pipelines/engine/changelog-of.ts'
import { StateFile } from '../../pipelines/engine/kafka/local-state/state-file.ts'
import { StoreTable } from '../../pipelines/engine/kafka/local-state/store-table.ts'
import type { OutgoingRecords } from '../../pipelines/engine/outgoing-records.ts'
import { placeInLog } from '../../pipelines/engine/pages.ts'
import type { LoggedState } from '../../pipelines/engine/logged-state.ts'
import type { Task } from '../../pipelines/engine/task.ts'
import { type DriveOptions, TopologyDriver } from '../../pipelines/engine/testing/drive.ts'
import type { DriverTables } from '../../pipelines/engine/testing/driver-tables.ts'
import type { Topology } from '../../pipelines/engine/topology.ts'

interface StoreOnDisk {
  store: string
  partition: number
  state: LoggedState
  table: StoreTable
  /** The name of the table in the file. */
  name: string
  /** All of which there has been something. */
  keys: Set<string | undefined>
}

/** A file of tables for the stores of drivers, of as many as there are one after the other. */
export class TablesOnDisk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'continuo-tables-'))
  readonly file = StateFile.open(this.#folder)
  readonly #tables = new WeakMap<TopologyDriver, Tables>()
  #drivers = 0

  /** Drives a topology with its state in tables that are empty, of which so many keys may stay in memory. */
  drive(topology: Topology, options: DriveOptions, keysInMemory: number): TopologyDriver {
    this.#drivers += 1
    const tables = new Tables(this.file, this.#drivers, keysInMemory)
    const driver = new TopologyDriver(topology, options, tables)
    this.#tables.set(driver, tables)
    return driver
  }

  /**
   * What is forgotten in memory is forgotten on disk, too. Of `deduplicate` the disk may forget sooner: it finds old ids by their time, memory
   * only those before the first younger one.
   */
  assertSameIds(onDisk: TopologyDriver, inMemory: TopologyDriver): void {
    for (const { store, partition, table, keys } of this.#tables.get(onDisk)!.stores.values()) {
      const ids = new Set([...keys].flatMap((key) => Array.from(table.ofKey(key), ([id]) => id)))
      const wanted = new Set(inMemory.state(store, partition).keys())
      if (store.startsWith('deduplicate')) assert.deepEqual(new Set([...ids, ...wanted]), wanted, store)
      else assert.deepEqual(ids, wanted, store)
    }
  }

  async close(): Promise<void> {
    await this.file.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

class Tables implements DriverTables {
  readonly #file: StateFile
  readonly #driver: number
  readonly #keysInMemory: number
  /** By changelog and partition. */
  readonly stores = new Map<string, StoreOnDisk>()

  constructor(file: StateFile, driver: number, keysInMemory: number) {
    this.#file = file
    this.#driver = driver
    this.#keysInMemory = keysInMemory
  }

  attach(task: Task): void {
    for (const [store, { store: state }] of task.stores) {
      const changelog = `${changelogOf(task.topology, store)}:${task.partition}`
      const { table: before, keys = new Set<string | undefined>() } = this.stores.get(changelog) ?? {}
      const name = `${this.#driver}:${changelog}`
      const table = new StoreTable(this.#file, {
        store: name,
        index: state.index,
        name,
        size: before?.size ?? 0,
      })
      state.attachTable(table, this.#keysInMemory)
      this.stores.set(changelog, { store, partition: task.partition, state, table, name, keys })
    }
  }

  async committed(outgoing: readonly OutgoingRecords[]): Promise<void> {
    const writes = outgoing.flatMap((records) => {
      const found = this.stores.get(`${records.topic}:${records.partition(0)}`)
      if (found === undefined) return []
      const { name, state, table, keys } = found
      for (const { key } of records) keys.add(state.index.keyOf(placeInLog(key).id))
      return [{ store: name, changes: table.changesFor(records) }]
    })
    if (writes.length > 0) await this.#file.writeTables(writes)
    for (const { state } of this.stores.values()) state.flushed()
  }
}
