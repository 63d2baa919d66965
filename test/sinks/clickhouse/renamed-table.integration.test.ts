import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClickHouseClient } from '@clickhouse/client'
import { pseudonyms } from '../../../schemas/pseudonym.ts'
import { pseudonymousTables, renameTable } from '../../../sinks/clickhouse/renamed-table.ts'
import { rollupsAreThoseOfRows } from './rollups.ts'
import { clickhouseRoom } from './room.ts'

const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const [old, now, map] = [pseudonyms([first]), pseudonyms([first, second]), pseudonyms([second])]
const into = { epoch: 2, names: map }
const USERS = 50

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
after(() => room.close())

/** Rows as the sink would insert them. */
const playOf = (user: number, i: number, names = old) => {
  const kind = i % 3 === 0 ? null : i % 3 === 1 ? 'album' : 'playlist'
  return {
    event_id: `${user} ${i}`,
    listener: names.listener(`user ${user}`),
    artist_id: 'a1',
    played_at: '2026-01-01 12:00:00.000',
    session: i % 2 === 0 ? names.session(`session ${user}`) : null,
    context_kind: kind,
    context_id: kind === null ? null : kind === 'album' ? 'album 1' : names.context('list'),
    kafka_topic: 't',
    kafka_offset: user * 10 + i,
  }
}

const listOf = (user: number, names = old) => ({
  recommendation_id: user % 2 === 0 ? `${names.listener(`user ${user}`)}.17` : 'r1',
  listener: names.listener(`user ${user}`),
  made_at: '2026-01-01 12:00:00.000',
  kafka_offset: user,
})

const plays = (names = old) =>
  Array.from({ length: USERS }, (_, user) => [0, 1, 2, 3, 4, 5].map((i) => playOf(user, i, names))).flat()
const lists = (names = old) => Array.from({ length: USERS }, (_, user) => listOf(user, names))

const found = <Row extends object>(table: string, like: Row, order: string) =>
  room.rows<Omit<Row, 'kafka_offset'> & { kafka_offset: string }>(
    `SELECT ${Object.keys(like).join()} FROM ${table} ORDER BY ${order}`,
  )

const foundPlays = async () =>
  (await found('plays', playOf(0, 0), 'kafka_offset')).map((row) => ({
    ...row,
    kafka_offset: Number(row.kafka_offset),
  }))
const foundLists = async () =>
  (await found('recommendations', listOf(0), 'kafka_offset')).map((row) => ({
    ...row,
    kafka_offset: Number(row.kafka_offset),
  }))

/** The client, and all texts of queries that it is given: what a server writes into its log of queries. */
function listened() {
  const texts: string[] = []
  const client = new Proxy(room.client, {
    get(target, name: keyof ClickHouseClient) {
      const own: unknown = target[name]
      if (typeof own !== 'function') return own
      return (asked: { query?: string; table?: string; query_params?: object }) => {
        texts.push(JSON.stringify([asked.query, asked.table, asked.query_params]))
        return (own as (asked: object) => unknown).call(target, asked)
      }
    },
  })
  return { client, texts }
}

const tables = () =>
  room.rows<{ name: string }>('SELECT name FROM system.tables WHERE database = currentDatabase()')

test('a table is that of the new epoch, row by row; again changes nothing, and nothing is left beside', async () => {
  const insert = (table: string, values: object[]) =>
    room.client.insert({ table, values, format: 'JSONEachRow' })
  await insert('plays', plays())
  await insert('recommendations', lists())
  const before = await tables()
  const { client, texts } = listened()
  for (let times = 0; times < 2; times++) {
    for (const table of await pseudonymousTables(client)) await renameTable(client, table, into)
    assert.deepEqual(await foundPlays(), plays(now))
    assert.deepEqual(await foundLists(), lists(now))
    await rollupsAreThoseOfRows(room.client)
    assert.deepEqual(
      new Set((await tables()).map(({ name }) => name)),
      new Set(before.map(({ name }) => name)),
    )
  }
  const said = texts.join('\n')
  assert.match(said, /REPLACE/)
  const names = plays().flatMap(({ listener, session, context_id: id }) => [listener, session, id])
  for (const name of names) if (name !== null && name !== 'album 1') assert.ok(!said.includes(name))
  for (const key of [first, second])
    for (const text of [key.toString('base64'), key.toString('hex')]) assert.ok(!said.includes(text))
})

test('cut off amid the copy, before the exchange or behind it, it is ended by the next run', async () => {
  const later = { epoch: 3, names: pseudonyms([Buffer.alloc(32, 3)]) }
  const ended = plays(now).map((row) => ({ ...row, listener: later.names.listener(row.listener) }))
  const table = (await pseudonymousTables(room.client)).find((each) => each.table === 'plays')!
  const run = (query: string) => room.client.command({ query })
  await run('CREATE TABLE plays_rekeyed AS plays')
  await run('INSERT INTO plays_rekeyed SELECT * FROM plays LIMIT 7')
  await renameTable(room.client, table, later)
  const listeners = async () => (await foundPlays()).map(({ listener }) => listener)
  const wanted = ended.map(({ listener }) => listener)
  assert.deepEqual(await listeners(), wanted)
  // As if it had been cut off between the exchange and what comes behind it, and then before it.
  await run('CREATE TABLE plays_rekeyed AS plays')
  await renameTable(room.client, table, later)
  assert.deepEqual(await listeners(), wanted)
  await run('CREATE TABLE plays_rekeyed AS plays')
  await run('INSERT INTO plays_rekeyed SELECT * FROM plays')
  await run("ALTER TABLE plays_rekeyed MODIFY COMMENT 'pseudonyms of epoch 3'")
  await run("ALTER TABLE plays MODIFY COMMENT ''")
  await renameTable(room.client, table, later)
  assert.deepEqual(await listeners(), wanted)
})

test('a row that comes when its table has been asked for names is refused, and not copied without', async () => {
  const table = (await pseudonymousTables(room.client)).find((each) => each.table === 'plays')!
  const before = await foundPlays()
  const row = { ...playOf(USERS, 1), listener: 'of nobody before' }
  const client = new Proxy(room.client, {
    get(target, name: keyof ClickHouseClient) {
      const own: unknown = target[name]
      if (typeof own !== 'function') return own
      return async (asked: { query?: string }) => {
        if (asked.query?.startsWith('INSERT INTO `plays_rekeyed`') === true)
          await target.insert({ table: 'plays', values: [row], format: 'JSONEachRow' })
        return (own as (asked: object) => unknown).call(target, asked)
      }
    },
  })
  const renaming = renameTable(client, table, { epoch: 4, names: pseudonyms([Buffer.alloc(32, 4)]) })
  await assert.rejects(renaming, /1 rows of plays have names that came after/)
  assert.equal((await foundPlays()).length, before.length + 1, 'what there was is as it was')
})
