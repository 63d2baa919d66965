import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileError } from '../../../../sources/import/errors.ts'
import { type Format, lastfm, listenbrainz } from '../../../../sources/import/index.ts'
import { readText } from '../read-text.ts'

const now = Date.UTC(2026, 0, 1)
const startedAt = Date.UTC(2015, 2, 12, 10, 5)
const uts = startedAt / 1_000

const listen = (msPlayed = 30_000, startSecond = uts) => ({
  playedAt: startSecond * 1_000 + msPlayed,
  artistName: 'Artist',
  trackName: 'Track',
  msPlayed,
  platform: 'import',
  country: null,
  skipReason: 'unknown',
  identity: { kind: 'scrobble', startSecond },
})

const reads = async (format: Format, text: string) => readText(format, text, now, 3)

const track = {
  artist: { '#text': 'Artist', mbid: '' },
  name: 'Track',
  album: { '#text': 'Album' },
  date: { uts: String(uts), '#text': '12 Mar 2015, 10:05' },
}
const playing = { artist: { '#text': 'Artist' }, name: 'Track', '@attr': { nowplaying: 'true' } }
const page = { track: [playing, track, track], '@attr': { page: '1' } }
const ofPage = ['playing_now', listen(), listen()]

for (const [what, content, expected] of [
  ['a page of the API', { recenttracks: page }, ofPage],
  ['a list of pages', [page, page], [...ofPage, ...ofPage]],
  ['a page with one track, which is no list there', { recenttracks: { track } }, [listen()]],
  ['a list of tracks', [track], [listen()]],
  ['extended artists', [{ ...track, artist: { name: 'Artist' } }], [listen()]],
  [
    'the statistics page’s',
    { username: 'u', scrobbles: [{ track: 'Track', artist: 'Artist', date: startedAt }] },
    [listen()],
  ],
  ['an error of the API', { error: 6, message: 'User not found' }, ['not_a_play']],
  ['a track without a time', [{ ...track, date: undefined }], ['time_malformed']],
  ['a track of 1970', [{ ...track, date: { uts: '0' } }], ['time_before_2000']],
  ['nothing', [null, 1], ['not_an_object', 'not_an_object']],
] as const)
  test(`Last.fm, JSON: ${what}`, async () => {
    assert.deepEqual(await reads(lastfm, JSON.stringify(content)), expected)
  })

for (const [what, content] of [
  [
    'with names of columns',
    `uts,utc_time,artist,artist_mbid,album,track\n"${uts}","12 Mar 2015, 10:05","Artist",,"","Track"`,
  ],
  [
    'with a mark, semicolons and the user’s name',
    `Artist;Album;Track;Date#u\n"Artist";"";"Track";"${startedAt}"`,
  ],
  ['without names', 'Artist,Album,Track,"12 Mar 2015, 10:05"'],
  ['without names, in UTC', 'Artist,Album,Track,12 Mar 2015 10:05\r\n'],
] as const)
  test(`Last.fm, CSV: ${what}`, async () => {
    assert.deepEqual(await reads(lastfm, content), [listen()])
  })

for (const text of [
  '31 Feb 2015, 10:05',
  '12 Mar 2015, 10:99',
  '12 Mar 0015, 10:05',
  '12 Xyz 2015, 10:05',
  '12 Mar 2015, 24:00',
])
  test(`Last.fm, CSV: there was no ${text}`, async () => {
    const read = await reads(lastfm, `artist,track,date\nArtist,Track,"${text}"\n`)
    assert.deepEqual(read, ['time_malformed'])
  })

test('a CSV of something else is said to be none, with what to do', async () => {
  await assert.rejects(reads(lastfm, 'a,b,c,d\n1,2,3,4\n'), (error) => {
    return error instanceof FileError && /continuo import csv --map/.test(error.message)
  })
})

const heard = (more: object = {}) => ({
  listened_at: uts,
  track_metadata: { artist_name: 'Artist', track_name: 'Track', additional_info: more },
})

for (const [what, text, expected] of [
  ['lines', `${JSON.stringify(heard())}\n${JSON.stringify(heard())}\n`, [listen(), listen()]],
  ['a list', JSON.stringify([heard()]), [listen()]],
  ['a page of the API', JSON.stringify({ payload: { count: 1, listens: [heard()] } }), [listen()]],
  ['how long it was heard', JSON.stringify(heard({ duration_played: 12, duration: 200 })), [listen(12_000)]],
  ['that it was not heard at all', JSON.stringify(heard({ duration_played: 0, duration: 200 })), [listen(0)]],
  ['how long the track is', JSON.stringify(heard({ duration_ms: 180_500 })), [listen(180_500)]],
  ['… in seconds', JSON.stringify(heard({ duration: 180 })), [listen(180_000)]],
  ['a length that cannot be', JSON.stringify(heard({ duration_ms: 1e300 })), ['ms_played_malformed']],
  ['a length of days', JSON.stringify(heard({ duration: 1e6 })), ['ms_played_out_of_range']],
  ['what is playing', JSON.stringify({ ...heard(), playing_now: true }), ['playing_now']],
  ['no time', JSON.stringify({ ...heard(), listened_at: null }), ['time_malformed']],
  ['a time to come', JSON.stringify({ ...heard(), listened_at: 4e9 }), ['time_in_future']],
  ['feedback', '{"recording_mbid":"x","score":1}', ['not_a_play']],
  ['no names', JSON.stringify({ listened_at: uts, track_metadata: {} }), ['artist_missing']],
] as const)
  test(`ListenBrainz: ${what}`, async () => {
    assert.deepEqual(await reads(listenbrainz, text), expected)
  })

test('which files of an archive are listens', () => {
  for (const path of [
    'listens/2023/1.jsonl',
    'x/listens/2023/12.jsonl.gz',
    'ada_listenbrainz-2020.json',
    'listens.jsonl',
  ])
    assert.equal(listenbrainz.accepts(path), true, path)
  for (const path of ['user.json', 'feedback.jsonl', 'pinned_recording.jsonl'])
    assert.equal(listenbrainz.accepts(path), false, path)
})
