import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { csv, lastfm, listenbrainz, spotify, tryImport } from '../../../sources/import/index.ts'
import type { Format } from '../../../sources/import/index.ts'

const now = () => Date.UTC(2026, 0, 1)

/** A play as it was, to the second. */
interface Heard {
  second: number
  artist: string
  track: string
  ms: number
}

const start = Date.UTC(2021, 3, 22, 5, 40) / 1_000
const heard = fc.record({
  second: fc.nat(150).map((each) => start + each),
  artist: fc.constantFrom('A', 'B'),
  track: fc.constantFrom('T', 'U'),
  ms: fc.constantFrom(0, 1_000),
})

const iso = (second: number) => new Date(second * 1_000).toISOString()
const account = (plays: Heard[]) =>
  plays.map(({ second, artist, track, ms }) => ({
    endTime: iso(second).slice(0, 16).replace('T', ' '),
    artistName: artist,
    trackName: track,
    msPlayed: ms,
  }))
const extended = (plays: Heard[]) =>
  plays.map(({ second, artist, track, ms }) => ({
    ts: iso(second).replace('.000', ''),
    ms_played: ms,
    master_metadata_track_name: track,
    master_metadata_album_artist_name: artist,
  }))

async function folder(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'continuo-overlap-'))
  t.after(() => rm(dir, { recursive: true }))
  return async (format: Format, files: [name: string, content: unknown][]) => {
    const paths = files.map(([name]) => join(dir, name))
    for (const [index, [, content]] of files.entries())
      await writeFile(paths[index]!, typeof content === 'string' ? content : JSON.stringify(content))
    return tryImport({ format, paths, listenerOf: () => 'ada', now })
  }
}

test('an account export and an extended one of the same months are the plays of one of them', async (t) => {
  const importing = await folder(t)
  await fc.assert(
    fc.asyncProperty(fc.array(heard, { maxLength: 30 }), async (plays) => {
      const report = await importing(spotify, [
        ['StreamingHistory0.json', account(plays)],
        ['endsong_0.json', extended(plays.toReversed())],
        ['StreamingHistory1.json', account(plays)],
      ])
      assert.equal(report.sent, plays.length)
      assert.equal(report.alreadyImported, 2 * plays.length)
    }),
    { numRuns: 30 },
  )
})

test('an export that goes on where an older one ended adds what is new', async (t) => {
  const importing = await folder(t)
  const plays = Array.from({ length: 40 }, (_, each) => ({
    second: start + 90 * each,
    artist: 'A',
    track: 'T',
    ms: 1,
  }))
  const report = await importing(spotify, [
    ['endsong_0.json', extended(plays.slice(0, 25))],
    ['endsong_1.json', extended(plays.slice(10, 40))],
  ])
  assert.deepEqual([report.sent, report.alreadyImported], [40, 15])
})

test('the extended export is read first, for it tells more', async (t) => {
  const importing = await folder(t)
  const plays = [{ second: start + 35, artist: 'A', track: 'T', ms: 1 }]
  const report = await importing(spotify, [
    ['StreamingHistory0.json', [...account(plays), null]],
    ['endsong_0.json', [...extended(plays), { ts: 'soon' }, { ts: 'soon' }]],
  ])
  assert.deepEqual(Object.keys(report.skipped), ['time_malformed', 'not_an_object'])
})

test('Last.fm and ListenBrainz tell the same scrobble; a table with both tells Spotify’s', async (t) => {
  const importing = await folder(t)
  const second = start
  const scrobble = { listened_at: second, track_metadata: { artist_name: 'a ', track_name: 'T' } }
  const track = { artist: { '#text': 'A' }, name: 'T', date: { uts: String(second) } }
  const either: Format = {
    ...lastfm,
    read: (text, at) =>
      (async function* () {
        for await (const chunk of text) {
          const format = chunk.includes('listened_at') ? listenbrainz : lastfm
          yield* format.read(
            (async function* () {
              yield chunk
            })(),
            at,
          )
        }
      })(),
  }
  const both = await importing(either, [
    ['a.json', [track]],
    ['b.json', [scrobble]],
  ])
  assert.deepEqual([both.sent, both.alreadyImported], [1, 1])

  const mapping = { ended_at: 'at', artist: 'artist', track: 'track', ms_played: 'ms' }
  const table = csv({ mapping })
  const mixed: Format = {
    ...table,
    rank: () => 0,
    read: (text, at) =>
      (async function* () {
        for await (const chunk of text) {
          const format = chunk[0] === 0x5b ? spotify : table
          yield* format.read(
            (async function* () {
              yield chunk
            })(),
            at,
          )
        }
      })(),
  }
  const plays = [{ second, artist: 'A', track: 'T', ms: 7 }]
  const again = await importing(mixed, [
    ['c.json', extended(plays)],
    ['d.csv', `at,artist,track,ms\n${iso(second)},A,T,7\n`],
  ])
  assert.deepEqual([again.sent, again.alreadyImported], [1, 1])
})
