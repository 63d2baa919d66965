import type { ClickHouseClient } from '@clickhouse/client'
import { type Mark, type PseudonymousTopic, pseudonymous } from '../../schemas/pseudonymous.ts'
import type { Pseudonyms } from '../../schemas/pseudonym.ts'
import { feeds } from './feeds.ts'
import { naming } from './insert.ts'
import { quoted } from './quoted.ts'
import { rowsOf } from './rows-of.ts'
import { namesOfVersions } from './version-tables.ts'

/** The columns of a table that have pseudonyms. */
interface PseudonymousTable {
  table: string
  columns: ReadonlyMap<string, Mark>
}

type Kind = Exclude<Mark, 'of-listener'>

const snake = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Old pseudonyms and new ones, while tables are copied. */
const MAP = 'rekeyed_pseudonyms'
const NAMES_AT_ONCE = 20_000

const columnsOf = ({ fields }: PseudonymousTopic): ReadonlyMap<string, Mark> =>
  new Map(Object.entries(fields).map(([field, mark]) => [snake(field), mark]))

/** Every table with pseudonyms, those of versions that are not in service, too. */
export async function pseudonymousTables(client: ClickHouseClient): Promise<PseudonymousTable[]> {
  const all = feeds.flatMap((feed) => {
    const marked = pseudonymous.find(({ topic }) => topic === feed.topic)
    return marked === undefined ? [] : [{ table: feed.table, columns: columnsOf(marked) }]
  })
  const found: PseudonymousTable[] = []
  for (const { table, columns } of all)
    for (const name of (await namesOfVersions(client, table)).values()) found.push({ table: name, columns })
  return found
}

export const countRows = async (client: ClickHouseClient, table: string, where = '1'): Promise<number> => {
  const query = `SELECT count() AS rows FROM {table:Identifier} WHERE ${where}`
  const [found] = await rowsOf<{ rows: number }>(client, table, query)
  return found!.rows
}

const epochText = (epoch: number) => `pseudonyms of epoch ${epoch}`

/**
 * Brings a table into a new epoch: copied beside under the new names, marked as such, and exchanged with it, since a pseudonym may be part of what a table is
 * sorted by. Safe to repeat, wherever it was cut off: the mark goes with the copy. `names` maps pseudonyms of the old epoch; only pseudonyms reach ClickHouse,
 * as data, never a key, and never as text of a query.
 */
export async function renameTable(
  client: ClickHouseClient,
  { table, columns }: PseudonymousTable,
  { epoch, names }: { epoch: number; names: Pseudonyms },
): Promise<void> {
  const beside = `${table}_rekeyed`
  const run = (query: string) =>
    naming(table, () => client.command({ query, clickhouse_settings: { insert_deduplicate: 0 } }))
  if ((await commentOf(client, table)) !== epochText(epoch)) {
    if ((await commentOf(client, beside)) !== epochText(epoch)) {
      await run(`DROP TABLE IF EXISTS ${quoted(beside)} SYNC`)
      await writeMap(client, { table, columns }, names)
      await run(`CREATE TABLE ${quoted(beside)} AS ${quoted(table)}`)
      await run(
        `INSERT INTO ${quoted(beside)} SELECT * REPLACE (${expressionsOf(columns)}) FROM ${quoted(table)} AS was`,
      )
      const [was, is] = [await countRows(client, table), await countRows(client, beside)]
      if (was !== is)
        throw new Error(`of ${was} rows of ${table} ${is} were copied: is somebody writing to it?`)
      const nameless = await countRows(client, beside, namelessIn(columns))
      if (nameless > 0)
        throw new Error(
          `${nameless} rows of ${table} have names that came after its map: is somebody writing to it?`,
        )
      await run(`ALTER TABLE ${quoted(beside)} MODIFY COMMENT '${epochText(epoch)}'`)
    }
    await run(`EXCHANGE TABLES ${quoted(table)} AND ${quoted(beside)}`)
  }
  await run(`DROP TABLE IF EXISTS ${quoted(beside)} SYNC`)
  await run(`DROP TABLE IF EXISTS ${quoted(MAP)} SYNC`)
}

async function commentOf(client: ClickHouseClient, table: string): Promise<string | undefined> {
  const query =
    'SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {table:String}'
  const [found] = await rowsOf<{ comment: string }>(client, table, query)
  return found?.comment
}

/** Writes old and new names of all that a table has; it is in memory of ClickHouse then. */
async function writeMap(
  client: ClickHouseClient,
  { table, columns }: PseudonymousTable,
  names: Pseudonyms,
): Promise<void> {
  await client.command({ query: `DROP TABLE IF EXISTS ${quoted(MAP)} SYNC` })
  await client.command({
    query: `CREATE TABLE ${quoted(MAP)} (kind String, old String, now String) ENGINE = Join(ANY, LEFT, kind, old)`,
  })
  for (const [column, kind] of columns) {
    if (kind === 'of-listener') continue
    const query = `SELECT DISTINCT assumeNotNull(${quoted(column)}) AS old FROM ${quoted(table)} WHERE ${quoted(column)} IS NOT NULL`
    const answer = await client.query({ query, format: 'JSONEachRow' })
    let rows: { kind: Kind; old: string; now: string }[] = []
    const write = async () => {
      if (rows.length > 0) await client.insert({ table: MAP, values: rows, format: 'JSONEachRow' })
      rows = []
    }
    for await (const some of answer.stream<{ old: string }>()) {
      for (const row of some) {
        const { old } = row.json()
        rows.push({ kind, old, now: names[kind](old) })
      }
      if (rows.length >= NAMES_AT_ONCE) await write()
    }
    await write()
  }
}

/** What the map does not have is '' in the copy. */
const namelessIn = (columns: ReadonlyMap<string, Mark>): string =>
  [...columns]
    .filter(([, mark]) => mark !== 'of-listener')
    .map(([name, mark]) =>
      mark === 'context'
        ? `(${quoted(name)} = '' AND ifNull(context_kind, '') != 'album')`
        : `${quoted(name)} = ''`,
    )
    .join(' OR ')

/** As {@link renamed} has it for fields of a value. Columns are those of the table: a bare name would be what it is replaced by. */
function expressionsOf(columns: ReadonlyMap<string, Mark>): string {
  const now = (kind: Kind, column: string) => `joinGet('${MAP}', 'now', '${kind}', assumeNotNull(${column}))`
  const listener = 'was.listener'
  const expressions = [...columns].map(([name, mark]) => {
    const column = `was.${quoted(name)}`
    switch (mark) {
      case 'of-listener':
        return `if(startsWith(${column}, concat(${listener}, '.')), concat(${now('listener', listener)}, substring(${column}, length(${listener}) + 1)), ${column}) AS ${quoted(name)}`
      case 'context':
        return `if(${column} IS NULL OR was.context_kind = 'album', ${column}, ${now(mark, column)}) AS ${quoted(name)}`
      case 'session':
        return `if(${column} IS NULL, NULL, ${now(mark, column)}) AS ${quoted(name)}`
      case 'listener':
        return `${now(mark, column)} AS ${quoted(name)}`
    }
  })
  return expressions.join(', ')
}
