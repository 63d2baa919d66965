import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import pino from 'pino'
import { Registry } from 'prom-client'
import { startDashboard } from '../../dashboards/server/index.ts'
import { pseudonymise } from '../../schemas/pseudonym.ts'
import { type TestBrowser, startBrowser } from '../kit/browser.ts'
import { type System, startSystem } from '../kit/system.ts'
import { until } from '../kit/until.ts'

const folder = join(import.meta.dirname, '../../../shared/data/plays')
const skip = existsSync(folder) ? false : 'the real listening histories (../shared/data/plays) are not here'
const program = join(import.meta.dirname, '../../cli/main.ts')
const files = skip === false ? readdirSync(folder) : []
const users = [...new Set(files.map((file) => file.slice(0, 4)))]

/** A play as the files have it; `at`: `2022-12-02 14:14`, UTC. */
interface FilePlay {
  user: string
  at: string
  artist: string
  ms: number
}

/** What a listener's files say, counted without any of our code. */
interface Counted {
  rows: number
  topTen: string[]
}

let system: System
let browser: TestBrowser
before(async () => {
  if (skip !== false) return
  system = await startSystem({ env: { K_ANONYMITY: '1' } })
  browser = await startBrowser()
})
after(async () => {
  if (skip !== false) return
  await browser.close()
  await system.stop()
})

test(
  'four real listeners: every row of their files is in ClickHouse, once, and again adds nothing',
  { skip },
  async () => {
    for (const user of users) await importFiles(user, filesOf(user))
    const inFiles = Object.fromEntries(users.map((user) => [user, countPlays(playsOf(user))]))
    await until(async () => (await totalRows()) >= sum(Object.values(inFiles).map(({ rows }) => rows)), {
      within: 60_000,
      what: 'every imported row to reach ClickHouse',
    })
    assert.deepEqual(await countClickhouse(users), inFiles)

    for (const user of users) await importFiles(user, filesOf(user))
    assert.deepEqual(await countClickhouse(users), inFiles)
  },
)

test(
  'listeners are told by API and page what a script counts in their files, year by year',
  { skip },
  async () => {
    for (const user of users) {
      const token = await system.tokenOf(user)
      for (const [year, plays] of Map.groupBy(playsOf(user), ({ at }) => at.slice(0, 4))) {
        const told = await ask<{ days: Figures[]; artists: (Figures & { artistName: string })[] }>(
          `${system.pageUrl}/api/me/plays?from=${year}-01-01&to=${Number(year) + 1}-01-01`,
          { authorization: `Bearer ${token}` },
        )
        assert.deepEqual(
          sumsOf(told.days),
          { plays: plays.length, msPlayed: msOf(plays) },
          `${user}, ${year}`,
        )
        assert.deepEqual(byName(told.artists).slice(0, 10), countPlays(plays).topTen, `${user}, ${year}`)
      }
    }
    const [user] = users
    const plays = playsOf(user!)
    const year = plays[0]!.at.slice(0, 4)
    const ofYear = plays.filter(({ at }) => at.startsWith(year))
    const { page, close } = await browser.open(`${system.pageUrl}/you#token=${await system.tokenOf(user!)}`)
    const total = plays.length.toLocaleString('en')
    await page
      .getByRole('region', { name: 'What you have imported' })
      .getByText(total, { exact: true })
      .waitFor()
    await page.getByRole('link', { name: year, exact: true }).click()
    await page.getByText(`${ofYear.length.toLocaleString('en')} plays, `).waitFor()
    await close()
  },
)

test('to all, API and page tell these plays with k = 1, and with k = 10 none of them', { skip }, async () => {
  const plays = users.flatMap(playsOf)
  const months = [...Map.groupBy(plays, ({ at }) => at.slice(0, 7))].sort(
    ([, a], [, b]) => b.length - a.length,
  )
  const [month, its] = months[0]!
  const ofMonth = `/api/top-artists?period=month&day=${month}-01`
  const ofYear = `/api/plays-by-day?from=${month.slice(0, 4)}-01-01&to=${Number(month.slice(0, 4)) + 1}-01-01`
  interface Told {
    days: Figures[]
    artists: (Figures & { artistName: string })[]
  }
  const year = plays.filter(({ at }) => at.slice(0, 4) === month.slice(0, 4))
  assert.deepEqual(sumsOf((await ask<Told>(system.pageUrl + ofYear)).days), {
    plays: year.length,
    msPlayed: msOf(year),
  })
  const { artists } = await ask<Told>(system.pageUrl + ofMonth)
  assert.deepEqual(byName(artists).slice(0, 10), countPlays(its).topTen)

  const dashboard = await startDashboard({
    host: '127.0.0.1',
    port: 0,
    k: 10,
    gatewayUrl: 'ws://127.0.0.1:9/connection/websocket',
    clickhouse: { url: system.env['CLICKHOUSE_URL']!, database: system.database },
    log: pino({ level: 'silent' }),
    metrics: new Registry(),
  })
  try {
    const ofFew = `http://127.0.0.1:${dashboard.port}`
    assert.deepEqual((await ask<Told>(ofFew + ofYear)).days, [])
    assert.deepEqual((await ask<Told>(ofFew + ofMonth)).artists, [])
    for (const [address, seen] of [
      [system.pageUrl, artists[0]!.artistName],
      [ofFew, 'No artist has 10 listeners in this time'],
    ] as const) {
      const { page, close } = await browser.open(`${address}/artists?period=month&day=${month}-01`)
      await page.getByText(seen).first().waitFor()
      await close()
    }
  } finally {
    await dashboard.stop()
  }
})

interface Figures {
  plays: number
  msPlayed: number
}

const sumsOf = (rows: Figures[]): Figures => ({
  plays: sum(rows.map(({ plays }) => plays)),
  msPlayed: sum(rows.map(({ msPlayed }) => msPlayed)),
})
const msOf = (plays: FilePlay[]) => sum(plays.map(({ ms }) => ms))
const byName = (artists: (Figures & { artistName: string })[]) =>
  topTen(artists.map(({ artistName, plays }) => [artistName, plays]))

async function ask<Answer>(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { headers })
  assert.equal(response.status, 200, url)
  return (await response.json()) as Answer
}

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0)

const filesOf = (user: string) =>
  files.filter((file) => file.startsWith(user)).map((file) => join(folder, file))

async function importFiles(user: string, files: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [program, 'import', 'spotify', '--user', user, ...files], {
    env: system.env,
  })
}

const read = new Map<string, FilePlay[]>()

function playsOf(user: string): FilePlay[] {
  const known = read.get(user)
  if (known !== undefined) return known
  const rows = filesOf(user).flatMap(
    (file) =>
      JSON.parse(gunzipSync(readFileSync(file)).toString()) as {
        endTime: string
        artistName: string
        msPlayed: number
      }[],
  )
  const plays = rows.map(({ endTime, artistName, msPlayed }) => ({
    user,
    at: endTime,
    artist: artistName,
    ms: msPlayed,
  }))
  read.set(user, plays)
  return plays
}

function countPlays(its: FilePlay[]): Counted {
  const plays = new Map<string, number>()
  for (const { artist } of its) plays.set(artist, (plays.get(artist) ?? 0) + 1)
  return { rows: its.length, topTen: topTen([...plays]) }
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
