import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ImportError } from '../../../sources/import/errors.ts'
import { parseSpotifyExports, parseSpotifyRow } from '../../../sources/import/spotify.ts'

const now = Date.UTC(2026, 0, 1)
const row = { endTime: '2021-04-22 05:41', artistName: 'Artist', trackName: 'Track', msPlayed: 6_408 }

test('a row becomes a checked one, its time in UTC', () => {
  assert.deepEqual(parseSpotifyRow(row, now), { ...row, endedAt: Date.UTC(2021, 3, 22, 5, 41) })
  assert.deepEqual(parseSpotifyRow({ ...row, msPlayed: 0, extra: 1 }, now), {
    ...row,
    msPlayed: 0,
    endedAt: Date.UTC(2021, 3, 22, 5, 41),
  })
})

const refused: [string, unknown, string][] = [
  ['null', null, 'not_an_object'],
  ['a list', [row], 'not_an_object'],
  ['a text', 'row', 'not_an_object'],
  ['no time', { ...row, endTime: undefined }, 'end_time_malformed'],
  ['a time as number', { ...row, endTime: 1_619_070_060_000 }, 'end_time_malformed'],
  ['a time with seconds', { ...row, endTime: '2021-04-22 05:41:00' }, 'end_time_malformed'],
  ['a day that is none', { ...row, endTime: '2021-02-30 05:41' }, 'end_time_malformed'],
  ['an hour that is none', { ...row, endTime: '2021-02-20 24:01' }, 'end_time_malformed'],
  ['a time before 2000', { ...row, endTime: '1999-12-31 23:59' }, 'end_time_out_of_range'],
  ['a time to come', { ...row, endTime: '2026-01-01 01:01' }, 'end_time_out_of_range'],
  ['no artist', { ...row, artistName: null }, 'artist_missing'],
  ['a blank artist', { ...row, artistName: ' \t' }, 'artist_missing'],
  ['an empty track', { ...row, trackName: '' }, 'track_missing'],
  ['a track as number', { ...row, trackName: 4 }, 'track_missing'],
  ['a long name', { ...row, trackName: 'x'.repeat(513) }, 'name_too_long'],
  ['no duration', { ...row, msPlayed: undefined }, 'ms_played_malformed'],
  ['a duration as text', { ...row, msPlayed: '6408' }, 'ms_played_malformed'],
  ['half a millisecond', { ...row, msPlayed: 0.5 }, 'ms_played_malformed'],
  ['a negative duration', { ...row, msPlayed: -1 }, 'ms_played_out_of_range'],
  ['more than a day', { ...row, msPlayed: 86_400_001 }, 'ms_played_out_of_range'],
]
for (const [what, value, reason] of refused) {
  test(`${what} is skipped as ${reason}`, () => assert.equal(parseSpotifyRow(value, now), reason))
}

test('the limits themselves pass', () => {
  for (const good of [
    { ...row, endTime: '2000-01-01 00:00' },
    { ...row, endTime: '2026-01-01 01:00' },
    { ...row, trackName: 'x'.repeat(512) },
    { ...row, msPlayed: 86_400_000 },
  ]) {
    assert.equal(typeof parseSpotifyRow(good, now), 'object')
  }
})

test('whatever the file holds, each row is either parsed or counted under a reason', () => {
  const field = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant('2021-04-22 05:41'))
  const rows = fc.array(
    fc.oneof(
      fc.jsonValue(),
      fc.record({ endTime: field, artistName: field, trackName: field, msPlayed: field }),
      fc.constant(row),
    ),
  )
  fc.assert(
    fc.property(rows, (some) => {
      const { read, rows: parsed, skipped } = parseSpotifyExports([{ file: 'a.json', rows: some }], now)
      assert.equal(read, some.length)
      assert.equal(parsed.length + Object.values(skipped).reduce((sum, count) => sum + count, 0), read)
    }),
  )
})

test('the extended kind of export is refused by its name, not skipped row by row', () => {
  const rows = [{ ts: '2021-04-22T05:41:00Z', ms_played: 6_408, spotify_track_uri: null }]
  assert.throws(
    () => parseSpotifyExports([{ file: 'endsong_0.json', rows }], now),
    (error) => {
      assert.ok(error instanceof ImportError)
      assert.match(error.message, /endsong_0\.json.*extended.*StreamingHistory/)
      return true
    },
  )
})
