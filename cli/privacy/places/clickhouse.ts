import type { ClickHouseClient } from '@clickhouse/client'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { type Config, clickhouseOf } from '../../config.ts'
import { requireServices } from '../../reachable.ts'
import type { Container, Looking } from '../search/looking.ts'
import type { Advance, Place } from './place.ts'
import { textRows } from './text-rows.ts'

interface Table {
  database: string
  name: string
  engine: string
  definition: string
  rows: number
  /** As they are called, those that are read through others left out; and of which type. */
  columns: [name: string, type: string][]
}

/** What there is to look at: tables of ours that hold rows of their own, and what ClickHouse notes of statements and errors. */
const TABLES = `
  SELECT database, name, engine, create_table_query AS definition, toFloat64(ifNull(total_rows, 0)) AS rows, columns
  FROM system.tables INNER JOIN (
    SELECT database, table AS name, groupArray((each.name, each.type)) AS columns
    FROM system.columns AS each WHERE default_kind NOT IN ('ALIAS', 'EPHEMERAL') GROUP BY database, table
  ) AS held USING (database, name)
  WHERE (database = {database:String} AND engine NOT IN ('View', 'MaterializedView'))
     OR (database = 'system' AND (endsWith(name, '_log') OR name IN ('mutations', 'errors')))
  ORDER BY database, name`

const DEFINITIONS = `SELECT name, create_table_query AS definition FROM system.tables WHERE database = {database:String}`

/** Where a row lies, so that one can go and look. */
const PLACE = ['toString(_part)', 'toString(_part_offset)']
/** Before each row; where something else is, ClickHouse tells an error amid its answer. */
const MARK = 'row'

/** Every column of every table, rows that are only hidden included, as text; and what its own logs say of statements. */
export const clickhousePlace = (config: Config): Place => ({
  async look(looking, advance) {
    await requireServices(config, ['clickhouse'])
    const client = connectClickhouse(clickhouseOf(config))
    try {
      const { database } = clickhouseOf(config)
      for (const { name, definition } of await rowsOf<Table>(client, DEFINITIONS, database))
        looking.look({ name: `table ${database}.${name}` }, Buffer.from(definition), () => 'its definition')
      const tables = await rowsOf<Table>(client, TABLES, database)
      advance.begin(tables.reduce((sum, { rows }) => sum + rows, 0))
      for (const table of tables) await lookAtTable(looking, client, { table, advance })
    } finally {
      await client.close()
    }
  },
})

async function rowsOf<T>(client: ClickHouseClient, query: string, database: string): Promise<T[]> {
  const answer = await client.query({ query, format: 'JSONEachRow', query_params: { database } })
  return answer.json<T>()
}

async function lookAtTable(
  looking: Looking,
  client: ClickHouseClient,
  { table, advance }: { table: Table; advance: Advance },
): Promise<void> {
  const { database, name, engine, columns } = table
  const container: Container = { name: `table ${database}.${name}` }
  looking.open(container)
  const place = engine.endsWith('MergeTree') ? PLACE : []
  const asked = [`'${MARK}'`, ...place, ...columns.map(asText)]
  const query = `SELECT ${asked.join(', ')} FROM {database:Identifier}.{name:Identifier} FORMAT RowBinary`
  try {
    const { stream } = await client.exec({
      query,
      query_params: { database, name },
      // Rows that a lightweight DELETE has hidden are still there; and nobody is to hold the whole answer.
      clickhouse_settings: { apply_deleted_mask: 0, wait_end_of_query: 0 },
    })
    let number = 0
    for await (const [mark, ...cells] of textRows(stream, asked.length)) {
      if (mark!.toString() !== MARK) throw new Error('ClickHouse has ended its answer with an error')
      const at =
        place.length > 0 ? `part ${cells[0]!.toString()}, row ${cells[1]!.toString()}` : `row ${number}`
      for (const [index, cell] of cells.slice(place.length).entries()) {
        looking.bytes += cell.length
        looking.look(container, cell, () => `${at}, column ${columns[index]![0]}`)
      }
      number += 1
      looking.rows += 1
      advance.by(1)
    }
  } catch (error) {
    looking.problems.push(looking.hide(`${container.name}: ${(error as Error).message}`))
  }
}

/** What an aggregate has kept is told as bytes; anything else as ClickHouse writes it. */
function asText([column, type]: [name: string, type: string]): string {
  const name = `\`${column.replaceAll(/[\\`]/g, '\\$&')}\``
  return type.startsWith('AggregateFunction(') ? `unhex(hex(${name}))` : `ifNull(toString(${name}), '')`
}
