import type { ClickHouseClient } from '@clickhouse/client'
import { insertSettings } from '../insert.ts'
import { quoted } from '../quoted.ts'
import { rowsOf } from '../rows-of.ts'

/** A table as its server has it. */
export interface SeenTable {
  /** Database and name, as a statement has them. */
  name: string
  engine: string
  /** How many of the last inserts it would know again, and by which setting; undefined where its engine keeps no log of them. */
  window: { setting: string; blocks: number } | undefined
  /** Empty: a block of rows becomes one part. */
  partitionKey: string
}

/** A view that is given the rows of each insert. */
export interface SeenView {
  name: string
  /** Where its rows go; undefined if it is not to be seen. */
  target: SeenTable | undefined
}

/** What the sink's own connection sees of a server. */
export interface SeenClickhouse {
  version: string
  /** What holds for an insert of the sink, wherever it is set: on the server, for its user, in CLICKHOUSE_URL, or by the sink. */
  settings: ReadonlyMap<string, string>
  tables: readonly SeenTable[]
  /** Tables that were asked for and are not there. */
  missing: readonly string[]
  /** Views of these tables, and of the tables that such views write to. */
  views: readonly SeenView[]
}

interface TableRow {
  database: string
  name: string
  uuid: string
  engine: string
  engine_full: string
  partition_key: string
  create_table_query: string
  dependencies_database: string[]
  dependencies_table: string[]
}

type Windows = ReadonlyMap<string, number>
type Place = Pick<TableRow, 'database' | 'name'>

/** Looks at a server through the connection that inserts go through. `tables`: of its database. @throws TableError where it refuses to tell */
export async function lookAtClickhouse(
  client: ClickHouseClient,
  tables: readonly string[],
): Promise<SeenClickhouse> {
  const [server] = await rows<{ version: string; database: string }>(
    client,
    'SELECT version() AS version, currentDatabase() AS database',
  )
  const { version, database } = server!
  const settings = await rows<{ name: string; value: string }>(
    client,
    'SELECT name, value FROM system.settings',
  )
  const windows = await serverWindows(client)
  const wanted = tables.map((name) => ({ database, name }))
  const seen = await withDependents(client, wanted)
  const seenAt = (place: Place) => {
    const row = seen.get(key(place))
    return row && seenTable(row, windows)
  }
  const views = [...seen.values()].flatMap(dependentsOf).map((view): SeenView => {
    const row = seen.get(key(view))
    const target = row && targetOf(row)
    return { name: statementName(view), target: target && seenAt(target) }
  })
  return {
    version,
    settings: new Map(settings.map(({ name, value }) => [name, value])),
    tables: wanted.flatMap((place) => seenAt(place) ?? []),
    missing: wanted.filter((place) => !seen.has(key(place))).map(({ name }) => name),
    views: [...new Map(views.map((view) => [view.name, view])).values()],
  }
}

const rows = <Row>(client: ClickHouseClient, query: string, parameters?: Record<string, unknown>) =>
  rowsOf<Row>(client, 'system.tables', query, parameters, insertSettings)

/** How many inserts a table knows again that says nothing itself. */
async function serverWindows(client: ClickHouseClient): Promise<Windows> {
  const found = await rows<{ name: string; value: string }>(
    client,
    `SELECT name, value FROM system.merge_tree_settings WHERE name = '${ALONE}'
     UNION ALL SELECT name, value FROM system.replicated_merge_tree_settings WHERE name = '${REPLICATED}'`,
  )
  return new Map(found.map(({ name, value }) => [name, Number(value)]))
}

const ALONE = 'non_replicated_deduplication_window'
const REPLICATED = 'replicated_deduplication_window'

/** These tables, the views that depend on them, where those write to, and so on. */
async function withDependents(
  client: ClickHouseClient,
  places: readonly Place[],
): Promise<Map<string, TableRow>> {
  const seen = new Map<string, TableRow>()
  const asked = new Set<string>()
  for (let next = places.map(key); next.length > 0;) {
    for (const each of next) asked.add(each)
    const found = await rows<TableRow>(
      client,
      `SELECT database, name, toString(uuid) AS uuid, engine, engine_full, partition_key, create_table_query,
         dependencies_database, dependencies_table
       FROM system.tables WHERE has({tables:Array(String)}, concat(database, '.', name))`,
      { tables: next },
    )
    for (const row of found) seen.set(key(row), row)
    const leads = found.flatMap((row) => [...dependentsOf(row), targetOf(row) ?? []].flat())
    next = [...new Set(leads.map(key))].filter((each) => !asked.has(each))
  }
  return seen
}

const key = ({ database, name }: Place) => `${database}.${name}`

const dependentsOf = ({ dependencies_database: databases, dependencies_table: names }: TableRow): Place[] =>
  names.map((name, at) => ({ database: databases[at]!, name }))

const NAME = String.raw`(\x60(?:[^\x60\\]|\\.)+\x60|\w+)`
const WRITES_TO = new RegExp(`^CREATE MATERIALIZED VIEW ${NAME}\\.${NAME} TO ${NAME}\\.${NAME}`)

/** Where a materialized view writes to: to a table that it names, or to one of its own. */
function targetOf({ database, name, uuid, engine, create_table_query }: TableRow): Place | undefined {
  if (engine !== 'MaterializedView') return undefined
  const [, , , toDatabase, toName] = WRITES_TO.exec(create_table_query) ?? []
  if (toDatabase !== undefined && toName !== undefined)
    return { database: unquoted(toDatabase), name: unquoted(toName) }
  // Databases of the old kind give their tables no id.
  const inner = /^[0-]+$/.test(uuid) ? `.inner.${name}` : `.inner_id.${uuid}`
  return { database, name: inner }
}

const unquoted = (name: string) =>
  name.startsWith('`') ? name.slice(1, -1).replaceAll(/\\(.)/g, '$1') : name

function seenTable(row: TableRow, windows: Windows): SeenTable {
  const { engine, engine_full: full, partition_key: partitionKey } = row
  return { name: statementName(row), engine, partitionKey, window: windowOf(engine, full, windows) }
}

/** What its engine keeps, what it says of it itself, or its server for it. */
export function windowOf(engine: string, full: string, windows: Windows): SeenTable['window'] {
  if (!engine.endsWith('MergeTree')) return undefined
  const setting = /^(Replicated|Shared)/.test(engine) ? REPLICATED : ALONE
  const own = new RegExp(`[ ,]${setting} = (\\d+)`).exec(full)?.[1]
  return { setting, blocks: own === undefined ? (windows.get(setting) ?? 0) : Number(own) }
}

/** `continuo.plays`; quoted where that is needed. */
const statementName = ({ database, name }: Place) =>
  [database, name].map((each) => (/^\w+$/.test(each) ? each : quoted(each))).join('.')
