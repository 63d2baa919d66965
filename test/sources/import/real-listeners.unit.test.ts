import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { csv, spotify, tryImport } from '../../../sources/import/index.ts'

const data = join(import.meta.dirname, '../../../../shared/data')
const skip = existsSync(data) ? false : `skipped: no real listening histories in ${data}`
const now = () => Date.UTC(2026, 0, 1)

type Row = Record<string, unknown>

/** The rows of a file, by nothing but JSON.parse. */
function rowsOf(file: string): Row[] {
  const bytes = readFileSync(file)
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as Row[]
}

const listenerOf = ({ path }: { path: string }) => /(u\d+)_/.exec(path)?.[1] ?? 'somebody'

test('the exports of four listeners become a play a row; given once more, nothing', { skip }, async () => {
  const folder = join(data, 'plays')
  const files = readdirSync(folder).map((file) => join(folder, file))
  const rows = files.flatMap(rowsOf)
  const report = await tryImport({ format: spotify, paths: [folder], listenerOf, now })
  assert.deepEqual([report.read, report.sent, report.alreadyImported], [rows.length, rows.length, 0])
  assert.deepEqual([report.skipped, report.unreadable, report.incomplete], [{}, [], []])
  for (const listener of ['u033', 'u038', 'u065', 'u072']) {
    const own = files.filter((file) => listenerOf({ path: file }) === listener)
    const count = own.flatMap(rowsOf).length
    const { listeners } = await tryImport({ format: spotify, paths: [...own, ...own], listenerOf, now })
    assert.deepEqual(
      listeners.map(({ read, sent, alreadyImported }) => [read, sent, alreadyImported]),
      [[2 * count, count, count]],
    )
  }
})

test(
  'an extended export and its video part: music is imported, all else has its reason',
  { skip },
  async () => {
    const folder = join(data, 'messy')
    const rows = readdirSync(folder)
      .filter((file) => !file.endsWith('.csv'))
      .flatMap((file) => rowsOf(join(folder, file)))
    const music = rows.filter((row) => row['master_metadata_track_name'] !== null)
    const talk = rows.filter((row) => row['master_metadata_track_name'] === null)
    const podcasts = talk.filter((row) => row['episode_name'] !== null)
    const report = await tryImport({ format: spotify, paths: [folder], listenerOf, now })
    assert.deepEqual([report.read, report.sent, report.others], [rows.length, music.length, 1])
    assert.deepEqual(report.skipped, {
      podcast: podcasts.length,
      artist_missing: talk.length - podcasts.length,
    })
    // As they were counted by hand.
    assert.deepEqual([rows.length, music.length, podcasts.length], [1_878, 1_623, 35])
  },
)

test('a table of an extended export: a play a line, whose time has a zone', { skip }, async () => {
  const file = join(data, 'messy', 'x5_sample1000.csv')
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').length - 1
  const mapping = {
    ended_at: 'ts',
    artist: 'master_metadata_album_artist_name',
    track: 'master_metadata_track_name',
    ms_played: 'ms_played',
  }
  const report = await tryImport({ format: csv({ mapping }), paths: [file], listenerOf, now })
  assert.deepEqual([report.read, report.sent, report.skipped], [lines, lines, {}])
  assert.equal(lines, 1_000)
})
