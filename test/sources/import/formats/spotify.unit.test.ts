import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSpotifyRecord } from '../../../../sources/import/formats/spotify.ts'
import { readText } from '../read-text.ts'
import { spotify } from '../../../../sources/import/index.ts'

const now = Date.UTC(2026, 0, 1)
const row = { endTime: '2021-04-22 05:41', artistName: 'Artist', trackName: 'Track', msPlayed: 6_408 }

const listen = {
  playedAt: Date.UTC(2021, 3, 22, 5, 41),
  artistName: 'Artist',
  trackName: 'Track',
  msPlayed: 6_408,
  platform: 'import',
  country: null,
  skipReason: 'unknown',
  identity: { kind: 'spotify', endMinute: '2021-04-22 05:41' },
}

test('a row becomes a checked one, its time in UTC', () => {
  assert.deepEqual(parseSpotifyRecord(row, now), listen)
  assert.deepEqual(parseSpotifyRecord({ ...row, msPlayed: 0, extra: 1 }, now), { ...listen, msPlayed: 0 })
})

const extended = {
  ts: '2021-04-22T05:41:35Z',
  ms_played: 6_408,
  conn_country: 'DE',
  platform: 'Android OS 10 API 29 (samsung, SM-G973F)',
  master_metadata_track_name: 'Track',
  master_metadata_album_artist_name: 'Artist',
  ip_addr_decrypted: '192.0.2.1',
  episode_name: null,
}

test('the extended export tells second, country and platform, and is the same play', () => {
  assert.deepEqual(parseSpotifyRecord(extended, now), {
    ...listen,
    playedAt: Date.UTC(2021, 3, 22, 5, 41, 35),
    platform: 'android',
    country: 'DE',
  })
})

test('a time with a zone is that time; Spotify’s unknown country is none', () => {
  const other = { ...extended, ts: '2021-04-22T07:41:35+02:00', conn_country: 'ZZ', platform: null }
  assert.deepEqual(parseSpotifyRecord(other, now), { ...listen, playedAt: Date.UTC(2021, 3, 22, 5, 41, 35) })
})

for (const [told, platform] of [
  ['web_player windows 10;chrome 114.0.0.0;desktop', 'web'],
  ['iOS 16.3.1 (iPhone12,1)', 'ios'],
  ['OS X 12.6.0 [arm 2]', 'desktop'],
  ['Partner google cast;Chromecast', 'tv'],
  ['Partner sonos_ppc Sonos;PLAY1', 'speaker'],
  ['something new', 'other'],
  ['Carbon Mobile', 'other'],
  ['Android_tv (Sony)', 'tv'],
  ['Machine of a carpenter', 'other'],
  ['Kaios 2.5', 'other'],
  ['macOS 14.1', 'desktop'],
  ['Partner car_thing', 'car'],
] as const)
  test(`the platform ${told} is ${platform}`, () => {
    const parsed = parseSpotifyRecord({ ...extended, platform: told }, now)
    assert.equal(typeof parsed === 'object' && parsed.platform, platform)
  })

for (const [end, skipped, reason] of [
  ['trackdone', false, 'none'],
  ['trackdone', true, 'unknown'],
  ['fwdbtn', true, 'next'],
  ['backbtn', null, 'previous'],
  ['endplay', null, 'stopped'],
  ['trackerror', false, 'failed'],
  ['clickrow', true, 'unknown'],
  ['constructor', null, 'unknown'],
  [undefined, undefined, 'unknown'],
] as const)
  test(`a play that ended by ${end}${skipped ? ', skipped,' : ''} has the skip reason ${reason}`, () => {
    const parsed = parseSpotifyRecord({ ...extended, reason_end: end, skipped }, now)
    assert.equal(typeof parsed === 'object' && parsed.skipReason, reason)
  })

const refused: [string, unknown, string][] = [
  ['null', null, 'not_an_object'],
  ['a list', [row], 'not_an_object'],
  ['a text', 'row', 'not_an_object'],
  ['something else', { playlists: [] }, 'not_a_play'],
  ['no time', { ...row, endTime: undefined }, 'time_malformed'],
  ['a time as number', { ...row, endTime: 1_619_070_060_000 }, 'time_malformed'],
  ['a day that is none', { ...row, endTime: '2021-02-30 05:41' }, 'time_malformed'],
  ['an hour that is none', { ...row, endTime: '2021-02-20 24:01' }, 'time_malformed'],
  ['a time before 2000', { ...row, endTime: '1999-12-31 23:59' }, 'time_before_2000'],
  ['a time to come', { ...row, endTime: '2026-01-01 01:01' }, 'time_in_future'],
  ['no artist', { ...row, artistName: null }, 'artist_missing'],
  ['a blank artist', { ...row, artistName: ' \t' }, 'artist_missing'],
  ['an empty track', { ...row, trackName: '' }, 'track_missing'],
  ['a track as number', { ...row, trackName: 4 }, 'track_missing'],
  ['a long name', { ...row, trackName: 'x'.repeat(513) }, 'name_too_long'],
  ['no duration', { ...row, msPlayed: undefined }, 'ms_played_malformed'],
  ['a duration as text', { ...row, msPlayed: '6408' }, 'ms_played_malformed'],
  ['half a millisecond', { ...row, msPlayed: 0.5 }, 'ms_played_malformed'],
  ['a negative duration', { ...row, msPlayed: -1 }, 'ms_played_out_of_range'],
  ['a podcast of the account export', { endTime: row.endTime, podcastName: 'P', msPlayed: 1 }, 'podcast'],
  ['an audiobook of it', { endTime: row.endTime, audiobookName: 'B', msPlayed: 1 }, 'audiobook'],
  ['a podcast', { ts: '2021-04-22T05:41:35Z', episode_name: 'E' }, 'podcast'],
  ['an audiobook', { ts: '2021-04-22T05:41:35Z', audiobook_title: 'B' }, 'audiobook'],
  ['all null', { ts: '2021-04-22T05:41:35Z', master_metadata_track_name: null }, 'artist_missing'],
  ['an extended one without a time', { ts: null }, 'time_malformed'],
  ['more than a day', { ...row, msPlayed: 86_400_001 }, 'ms_played_out_of_range'],
]
for (const [what, value, reason] of refused) {
  test(`${what} is skipped as ${reason}`, () => assert.equal(parseSpotifyRecord(value, now), reason))
}

test('the limits themselves pass', () => {
  for (const good of [
    { ...row, endTime: '2000-01-01 00:00' },
    { ...row, endTime: '2026-01-01 01:00' },
    { ...row, trackName: 'x'.repeat(512) },
    { ...row, msPlayed: 86_400_000 },
  ]) {
    assert.equal(typeof parseSpotifyRecord(good, now), 'object')
  }
})

test('whatever the file holds, each row is either parsed or counted under a reason', async () => {
  const field = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant('2021-04-22 05:41'))
  const rows = fc.array(
    fc.oneof(
      fc.jsonValue(),
      fc.record({ endTime: field, artistName: field, trackName: field, msPlayed: field }),
      fc.constant(row),
    ),
  )
  await fc.assert(
    fc.asyncProperty(rows, async (some) => {
      assert.equal((await readText(spotify, JSON.stringify(some), now)).length, some.length)
    }),
  )
})

test('which files of a folder are Spotify’s', () => {
  for (const path of [
    'StreamingHistory0.json',
    'MyData/StreamingHistory_music_1.json',
    'Streaming_History_Audio_2017-2018_0.json',
    'Streaming_History_Video_2020.json',
    'u1_endsong_3.json.gz',
  ])
    assert.equal(spotify.accepts(path), true, path)
  for (const path of ['Playlist1.json', 'StreamingHistory0.csv', 'ReadMeFirst_ExtendedStreamingHistory.pdf'])
    assert.equal(spotify.accepts(path), false, path)
})
