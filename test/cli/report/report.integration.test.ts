import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pseudonymise } from '../../../schemas/pseudonym.ts'
import { tables } from '../../../schemas/tables.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'

const main = join(import.meta.dirname, '../../../cli/main.ts')
const key = Buffer.alloc(32, 7)

let room: Awaited<ReturnType<typeof clickhouseRoom>>
let folder: string
before(async () => {
  room = await clickhouseRoom()
  folder = await mkdtemp(join(tmpdir(), 'continuo-report-'))
  const play = (user: string, artist: string) => ({
    listener: pseudonymise(key, user),
    artist_id: artist,
    artist_name: `Name of ${artist}`,
    track_id: 't',
    track_name: 'Track',
    played_at: '2026-01-06 05:00:00',
    ms_played: 60_000,
  })
  await room.client.insert({
    table: tables.plays,
    format: 'JSONEachRow',
    values: [play('ada', 'only ada'), play('bob', 'only bob'), play('bob', 'both'), play('ada', 'both')],
  })
})
after(async () => {
  await room.close()
  await rm(folder, { recursive: true, force: true })
})

/** `continuo report …`, where the standard error is no terminal. */
const report = (args: string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [main, 'report', ...args],
      {
        env: {
          ...process.env,
          CLICKHOUSE_URL: room.url,
          CLICKHOUSE_DATABASE: room.database,
          PSEUDONYM_KEY: key.toString('base64'),
          K_ANONYMITY: '2',
          ...env,
        },
      },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })

test('a day goes to the standard output, with figures of K_ANONYMITY listeners alone', async () => {
  const { code, stdout, stderr } = await report(['daily', '--day', '2026-01-06'])
  assert.deepEqual([code, stderr], [0, ''])
  const { k, tables: all } = JSON.parse(stdout) as { k: number; tables: { name: string; rows: object[] }[] }
  assert.equal(k, 2)
  assert.deepEqual(all.find(({ name }) => name === 'artists')?.rows, [
    { rank: '1', artistId: 'both', artistName: 'Name of both', plays: 2, msPlayed: 120_000 },
  ])
})

test('a listener is named as the service knows them, and reads of themselves alone', async () => {
  const file = join(folder, 'ada.html')
  const { code, stdout, stderr } = await report([
    'listener',
    '--user',
    'ada',
    '--year',
    '2026',
    '--out',
    file,
  ])
  assert.deepEqual([code, stdout, stderr], [0, '', ''])
  const page = await readFile(file, 'utf8')
  assert.match(page, /Name of only ada/)
  assert.doesNotMatch(page, /only bob|bob|>ada</)
  const byPseudonym = await report(
    ['listener', '--listener', pseudonymise(key, 'bob'), '--year', '2026', '--format', 'csv'],
    { PSEUDONYM_KEY: '' },
  )
  assert.equal(byPseudonym.code, 0, byPseudonym.stderr)
  assert.match(byPseudonym.stdout, /^table,row,figure,value\nfigures,plays,value,2\n/)
  assert.doesNotMatch(byPseudonym.stdout, /only ada/)
})

test('what cannot be answered ends with 1, what to do, and no file', async () => {
  const file = join(folder, 'none.html')
  const asked = await Promise.all([
    report(['artist', 'only ada', '--from', '2026-01-01', '--to', '2026-01-31', '--out', file]),
    report(['daily', '--day', '2026-02-30']),
    report(['listener', '--year', '2026']),
    report(['daily', '--day', '2026-01-06'], { CLICKHOUSE_DATABASE: 'none_of_these' }),
  ])
  assert.deepEqual(
    asked.map(({ code, stdout }) => [code, stdout]),
    asked.map(() => [1, '']),
  )
  const remedies = [
    /^continuo: there is no day on which 2 listeners have played the artist "only ada": .*K_ANONYMITY=1/,
    /Give a day like 2026-01-31/,
    /^continuo: say whose year: --user, or --listener/,
    /^continuo: ClickHouse did not answer the query: .*`continuo migrate`/,
  ]
  asked.forEach(({ stderr }, index) => assert.match(stderr, remedies[index]!))
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('none')),
    [],
  )
})
