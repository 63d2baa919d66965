import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { pseudonymise } from '../../schemas/pseudonym.ts'
import { type System, startSystem } from '../kit/system.ts'
import { until } from '../kit/until.ts'

const folder = join(import.meta.dirname, '../../../shared/data/plays')
const skip = existsSync(folder) ? false : 'the real listening histories (../shared/data/plays) are not here'
const program = join(import.meta.dirname, '../../cli/main.ts')

/** What a listener's files say, counted without any of our code. */
interface Counted {
  rows: number
  topTen: string[]
}

let system: System
before(async () => {
  if (skip === false) system = await startSystem()
})
after(async () => {
  if (skip === false) await system.stop()
})

test(
  'four real listeners: every row of their files is in ClickHouse, once, and again adds nothing',
  { skip },
  async () => {
    const files = readdirSync(folder)
    const users = [...new Set(files.map((file) => file.slice(0, 4)))]
    for (const user of users) await importFiles(user, filesOf(user, files))
    const inFiles = Object.fromEntries(users.map((user) => [user, countFiles(filesOf(user, files))]))
    await until(async () => (await totalRows()) >= sum(Object.values(inFiles).map(({ rows }) => rows)), {
      within: 60_000,
      what: 'every imported row to reach ClickHouse',
    })
    assert.deepEqual(await countClickhouse(users), inFiles)

    for (const user of users) await importFiles(user, filesOf(user, files))
    assert.deepEqual(await countClickhouse(users), inFiles)
  },
)

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0)

const filesOf = (user: string, files: string[]) =>
  files.filter((file) => file.startsWith(user)).map((file) => join(folder, file))

async function importFiles(user: string, files: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [program, 'import', 'spotify', '--user', user, ...files], {
    env: system.env,
  })
}

function countFiles(files: string[]): Counted {
  const rows = files.flatMap(
    (file) => JSON.parse(gunzipSync(readFileSync(file)).toString()) as { artistName: string }[],
  )
  const plays = new Map<string, number>()
  for (const { artistName } of rows) plays.set(artistName, (plays.get(artistName) ?? 0) + 1)
  return { rows: rows.length, topTen: topTen([...plays]) }
}

/** The ten most played, `<artist>: <plays>`; equal counts by name. */
function topTen(plays: [artist: string, count: number][]): string[] {
  return plays
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, 10)
    .map(([artist, count]) => `${artist}: ${count}`)
}

async function countClickhouse(users: string[]): Promise<Record<string, Counted>> {
  const key = Buffer.from(system.env['PSEUDONYM_KEY'] ?? '', 'base64')
  const counted = users.map(async (user) => {
    const result = await system.clickhouse.query({
      query: `SELECT artist_name AS artist, toUInt32(count()) AS plays FROM ${system.database}.plays WHERE listener = {listener: String} GROUP BY artist`,
      query_params: { listener: pseudonymise(key, user) },
      format: 'JSONEachRow',
    })
    const rows = await result.json<{ artist: string; plays: number }>()
    const top = topTen(rows.map(({ artist, plays }) => [artist, plays]))
    return [user, { rows: sum(rows.map(({ plays }) => plays)), topTen: top }] as const
  })
  return Object.fromEntries(await Promise.all(counted))
}

async function totalRows(): Promise<number> {
  const result = await system.clickhouse.query({
    query: `SELECT toUInt32(count()) AS n FROM ${system.database}.plays`,
    format: 'JSONEachRow',
  })
  return (await result.json<{ n: number }>())[0]?.n ?? 0
}
