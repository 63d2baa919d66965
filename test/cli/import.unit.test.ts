import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { importCommand } from '../../cli/import.ts'
import type { ImportReport, Totals } from '../../sources/import/index.ts'

interface Said {
  report: ImportReport & { totals: Totals }
  exitCode: typeof process.exitCode
}

/** What a dry run of the command says of a file, and how it ends. */
async function dryRun(t: TestContext, content: string, ...words: string[]): Promise<Said> {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-import-'))
  const before = process.exitCode
  const log = t.mock.method(console, 'log', () => undefined)
  try {
    await writeFile(join(folder, 'listens.json'), content)
    const [format, ...flags] = words
    const all = [format!, join(folder, 'listens.json'), '--user', 'ada', '--dry-run', '--json', ...flags]
    await importCommand().parseAsync(all, { from: 'user' })
    const [line] = log.mock.calls[0]!.arguments as unknown as [string]
    return { report: JSON.parse(line) as Said['report'], exitCode: process.exitCode }
  } finally {
    log.mock.restore()
    process.exitCode = before
    await rm(folder, { recursive: true })
  }
}

const listen = (at: number) =>
  JSON.stringify({ listened_at: at, track_metadata: { artist_name: 'A', track_name: 'T' } })
const row = { endTime: '2021-04-22 05:41', artistName: 'A', trackName: 'T', msPlayed: 1 }

for (const [format, content] of [
  ['spotify', JSON.stringify([row, { ...row, msPlayed: 2 }])],
  ['lastfm', 'artist,track,date\nA,T,"12 Mar 2015, 10:05"\nA,T,"12 Mar 2015, 10:09"\n'],
  ['listenbrainz', `${listen(1_500_000_000)}\n${listen(1_500_000_200)}\n`],
] as const)
  test(`import ${format} counts what a file of that kind would bring, and ends well`, async (t) => {
    const { report, exitCode } = await dryRun(t, content, format)
    assert.deepEqual(report.totals, {
      read: 2,
      produced: 2,
      duplicate: 0,
      skipped: 0,
      deadLettered: 0,
      addsUp: true,
    })
    assert.equal(exitCode, undefined)
  })

const table = 'when~who~what\n2021-07-01 12:05~A, B~T\n'
const map = ['--map', 'started_at=when,artist=who,track=what']

test('import csv goes by --map, --delimiter and --time-zone', async (t) => {
  const of = async (...flags: string[]) => (await dryRun(t, table, 'csv', ...map, ...flags)).report
  assert.equal((await of('--delimiter', '~', '--time-zone', 'Europe/Berlin')).sent, 1)
  assert.deepEqual((await of('--delimiter', '~')).skipped, { time_zone_unknown: 1 })
  const [trouble] = (await of('--time-zone', 'UTC')).unreadable
  assert.match(trouble!.why, /no column when, who, what among its 1: .*--delimiter/)
})

for (const [what, content, list] of [
  ['cannot be read', 'hello', 'unreadable'],
  ['is empty', '', 'unreadable'],
  ['ends in the middle', JSON.stringify([row, row]).slice(0, -5), 'incomplete'],
] as const)
  test(`a file that ${what} is named, and the exit code is 1`, async (t) => {
    const { report, exitCode } = await dryRun(t, content, 'spotify')
    assert.equal(report[list].length, 1)
    assert.equal(exitCode, 1)
  })
