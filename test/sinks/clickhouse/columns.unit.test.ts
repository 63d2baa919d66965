import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { isUnion, logicalNameOf, plainType } from '../../../schemas/avro/parse.ts'
import { Codec } from '../../../schemas/codec.ts'
import { registryInMemory } from '../../../pipelines/engine/testing/registry-in-memory.ts'
import { type Feed, feeds } from '../../../sinks/clickhouse/feeds.ts'
import { shippedMigrations } from '../../../sinks/clickhouse/migrate.ts'
import { readRow, typesIn } from './read-row.ts'
import { valuesOf } from '../../schemas/event-values.ts'

const ADDED_BY_THE_TABLE = 'ingested_at'
const sql = shippedMigrations().map((migration) => migration.sql)

/** The columns of a table, after all migrations, each with its type. */
function columnsOf(table: string): Map<string, string> {
  const made = sql.find((text) => new RegExp(`CREATE TABLE IF NOT EXISTS ${table}\\n`).test(text))!
  const lines = made.slice(made.indexOf('(')).match(/^ {4}[a-z_]+ .*$/gm)!
  const added = sql
    .filter((text) => new RegExp(`ALTER TABLE ${table}\\n`).test(text))
    .flatMap((text) => text.match(/(?<=ADD COLUMN IF NOT EXISTS )[a-z_]+ (?!.* ALIAS ).*$/gm) ?? [])
  return new Map(
    [...lines, ...added].map((line) => {
      const [, name, type] = /^\s*([a-z_]+) (.*?),?(?: CODEC.*| DEFAULT.*| AFTER.*)?$/.exec(line)!
      return [name!, type!]
    }),
  )
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** What a column of an Avro type may be, without what only says how it lies there. */
function columnType(type: avro.Type): string[] {
  const plain = plainType(type)
  if (logicalNameOf(type) === 'timestamp-millis') return ["DateTime64(3, 'UTC')"]
  if (isUnion(plain))
    return plain.types
      .filter(({ typeName }) => typeName !== 'null')
      .flatMap((each) => columnType(each).map((name) => `Nullable(${name})`))
  if (plain instanceof avro.types.ArrayType)
    return columnType(plain.itemsType).map((name) => `Array(${name})`)
  if (plain instanceof avro.types.EnumType) return ['String']
  const types: Readonly<Record<string, string[]>> = {
    string: ['String'],
    long: ['Int64', 'UInt64', 'UInt32'],
    int: ['Int32', 'UInt32', 'UInt16'],
    double: ['Float64'],
    boolean: ['Bool'],
  }
  return types[plain.typeName] ?? []
}

const bare = (type: string) => type.replace(/LowCardinality\((.*)\)/, '$1')

/** Fields of the topic that lie in a column of their name. */
const fieldsOf = ({ topic: { value } }: Feed) =>
  value.type instanceof avro.types.RecordType ? value.type.fields : []

for (const feed of feeds)
  test(`table ${feed.table} has the columns that ${feed.topic.value.id} and the sink say`, async () => {
    const columns = columnsOf(feed.table)
    const codec = new Codec(registryInMemory())
    await codec.register(feed.topic)
    const record = { topic: 't', partition: 0, offset: 1n, timestamp: 0, key: null, headers: {} }
    const wanted = [...columns].filter(([name]) => name !== ADDED_BY_THE_TABLE)
    assert.deepEqual([...typesIn(feed.format.head)].sort(), wanted.sort())
    let seen = 0
    fc.assert(
      fc.property(valuesOf(feed.topic), (value) => {
        try {
          const row = feed.row(codec, { ...record, value: codec.encode(feed.topic, value) }, 'id')
          assert.equal(Object.keys(readRow(feed.format.head, row)).length, feed.format.columns.length)
          seen += 1
        } catch (error) {
          if ((error as Error).name !== 'UnfitError') throw error
        }
      }),
    )
    for (const { name, type } of fieldsOf(feed)) {
      const column = columns.get(snake(name))
      if (column === undefined) continue
      assert.ok(columnType(type).includes(bare(column)), `${feed.table}.${snake(name)} is ${column}`)
    }
    assert.ok(seen > 0 || feed.table !== 'plays')
  })

/** Fields without a column of their name: bytes stay in Kafka, and a time may be what was wrong with a record. */
const elsewhere: Readonly<Record<string, string[]>> = {
  plays: [],
  dead_letters: ['sealed', 'deflated', 'timestamp'],
}

for (const [table, others] of Object.entries(elsewhere))
  test(`each field has a column in ${table}, but for those that are named`, () => {
    const columns = columnsOf(table)
    const fields = fieldsOf(feeds.find((feed) => feed.table === table)!).map(({ name }) => name)
    assert.deepEqual(fields.filter((name) => !columns.has(snake(name))).sort(), others.sort())
  })
