import type { ClickHouseClient } from '@clickhouse/client'
import { FIRST_VERSION } from '../../pipelines/engine/versioned.ts'
import { isTransient } from './insert.ts'
import { quoted } from './quoted.ts'
import { rowsOf } from './rows-of.ts'

/** A table by the name that its readers use, and the version of it that is meant. */
export interface TableVersion {
  table: string
  version: number
}

/**
 * Of a table that several versions of a topology feed, the one in service has its name, the others `<table>_v<version>`:
 *
 *     artist_totals      CONSTRAINT version_2      what is read
 *     artist_totals_v1   CONSTRAINT version_1      what was read before
 *
 * A switch exchanges two names at once, so a table says itself of which version it is, by a constraint: rows that are meant for one and
 * come to another, as their insert was under way while the names were exchanged, are refused whole. A table without is of the first version.
 */
const markOf = (version: number) => `version_${version}`

/** What a version's rows are known by is the name of the topic that they come from. */
const conditionOf = (version: number) =>
  version === FIRST_VERSION
    ? "NOT match(kafka_topic, '[.]v[0-9]+$')"
    : `endsWith(kafka_topic, '.v${version}')`

const besideName = ({ table, version }: TableVersion) => `${table}_v${version}`

/** What the versions of a table are called at this moment. @throws TableError where ClickHouse refuses to tell. */
export async function namesOfVersions(client: ClickHouseClient, table: string): Promise<Map<number, string>> {
  const found = await rowsOf<{ name: string; version: number }>(
    client,
    table,
    `SELECT name, toUInt32OrZero(extract(create_table_query, 'CONSTRAINT .?version_([0-9]+)')) AS version
     FROM system.tables
     WHERE database = currentDatabase() AND (name = {table:String} OR match(name, concat('^', {table:String}, '_v[0-9]+$')))
     ORDER BY name = {table:String}`,
  )
  const names = new Map<number, string>()
  // The one with the plain name is last, and counts: another that is just being made has its mark, too.
  for (const { name, version } of found) {
    if (version > 0) names.set(version, name)
    else if (name === table) names.set(FIRST_VERSION, name)
  }
  return names
}

/** Makes the table of a version that is not in service, like the one that is, but empty. Safe to repeat. */
export async function createTableOf(client: ClickHouseClient, wanted: TableVersion): Promise<void> {
  const { table, version } = wanted
  const names = await namesOfVersions(client, table)
  if (names.has(version)) return
  const served = [...names].find(([, name]) => name === table)?.[0] ?? FIRST_VERSION
  const beside = besideName(wanted)
  const alter = (which: string, change: string) =>
    client.command({ query: `ALTER TABLE ${quoted(which)} ${change}` })
  await alter(table, `ADD CONSTRAINT IF NOT EXISTS ${markOf(served)} CHECK ${conditionOf(served)}`)
  await client.command({ query: `CREATE TABLE IF NOT EXISTS ${quoted(beside)} AS ${quoted(table)}` })
  await alter(beside, `DROP CONSTRAINT IF EXISTS ${markOf(served)}`)
  await alter(beside, `ADD CONSTRAINT IF NOT EXISTS ${markOf(version)} CHECK ${conditionOf(version)}`)
}

/** Whether readers of a table read this version. */
export const isInService = async (client: ClickHouseClient, { table, version }: TableVersion) =>
  (await namesOfVersions(client, table)).get(version) === table

/**
 * Has readers of a table read this version from now on: each query reads the one or the other, whole. Safe to repeat, wherever it was
 * cut off.
 */
export async function putTableInService(client: ClickHouseClient, wanted: TableVersion): Promise<void> {
  const { table, version } = wanted
  const beside = (await namesOfVersions(client, table)).get(version)
  if (beside === undefined) throw new Error(`there is no table of version ${version} of ${table}`)
  if (beside !== table)
    await client.command({ query: `EXCHANGE TABLES ${quoted(table)} AND ${quoted(beside)}` })
  for (const [other, name] of await namesOfVersions(client, table)) {
    const proper = besideName({ table, version: other })
    if (name === table || name === proper) continue
    await client.command({ query: `RENAME TABLE ${quoted(name)} TO ${quoted(proper)}` })
  }
}

/**
 * Removes the rows of a version that is not in service, and its table; that of the first version stays, empty, for the topic that feeds it
 * stays.
 */
export async function removeTableOf(client: ClickHouseClient, unwanted: TableVersion): Promise<void> {
  const { table, version } = unwanted
  const name = (await namesOfVersions(client, table)).get(version)
  if (name === undefined || name === table) return
  const verb = version === FIRST_VERSION ? 'TRUNCATE' : 'DROP'
  await client.command({ query: `${verb} TABLE ${quoted(name)}` })
}

/** Finds the table of a version for those who write to it, and again when its name has gone to another. */
export class VersionTables {
  readonly #client: ClickHouseClient
  readonly #names = new Map<string, string>()

  constructor(client: ClickHouseClient) {
    this.#client = client
  }

  /** What the table is called; that of readers, if there is none of this version. */
  async nameOf({ table, version }: TableVersion): Promise<string> {
    const key = besideName({ table, version })
    const known = this.#names.get(key) ?? (await namesOfVersions(this.#client, table)).get(version) ?? table
    this.#names.set(key, known)
    return known
  }

  /** Does something with a table by its name. @throws what it throws; for a name that is another's by now it can be tried again. */
  async use<T>(which: TableVersion, work: (name: string) => Promise<T>): Promise<T> {
    const name = await this.nameOf(which)
    try {
      return await work(name)
    } catch (error) {
      this.#names.clear()
      if (isTransient(error) || (await this.nameOf(which)) === name) throw error
      throw new Error(`${name} has got another name`, { cause: error })
    }
  }
}
