import { gzipSync } from 'node:zlib'
import { type Format, csv, lastfm, listenbrainz, spotify } from '../../../../sources/import/index.ts'

/** A small export as it should be. */
export interface Document {
  format: Format
  bytes: Buffer
}

const times = Array.from({ length: 6 }, (_, each) =>
  new Date(Date.UTC(2021, 3, 22, 5, 41, each * 25)).toISOString(),
)

const account = times.map((time, each) => ({
  endTime: time.slice(0, 16).replace('T', ' '),
  artistName: `Artist ${each % 2}`,
  trackName: 'Track "one" \\ {2}',
  msPlayed: each * 1_000,
}))
const extended = times.map((time, each) => ({
  ts: time.replace('.000', ''),
  platform: 'Android OS 10 API 29',
  ms_played: each * 1_000,
  conn_country: 'DE',
  master_metadata_track_name: each === 3 ? null : 'Tr\u00e4ck \u{1F3B5}',
  master_metadata_album_artist_name: each === 4 ? null : 'Artist',
  episode_name: each === 3 ? 'Episode' : null,
  skipped: null,
}))
const tracks = times.map((time) => ({
  artist: { '#text': 'Artist' },
  name: 'Track',
  date: { uts: String(Date.parse(time) / 1_000) },
}))
const listens = times.map((time) => ({
  listened_at: Date.parse(time) / 1_000,
  track_metadata: { artist_name: 'A', track_name: 'T', additional_info: { duration_ms: 180_000 } },
}))
const table = ['when,who,what,ms', ...times.map((time) => `${time},"A, ""B""",T,1000`)].join('\n')
/** Longer than what is looked at in one go before a table is read. */
const quotedRows = Array.from({ length: 150 }, (_, each) => `"${times[each % 6]}","A","${each}","T"`)
const quotedTable = ['when,who,ms,what', ...quotedRows, ''].join('\r\n')
const tableFormat = csv({ mapping: { ended_at: 'when', artist: 'who', track: 'what', ms_played: 'ms' } })
const scrobbles = times.map((_, each) => `Artist,Album,"Track, live","12 Mar 2015, 10:0${each}"`).join('\r\n')

const texts: (readonly [Format, string])[] = [
  [spotify, JSON.stringify(account, null, 2)],
  [spotify, JSON.stringify(account)],
  [spotify, JSON.stringify(extended)],
  [spotify, JSON.stringify([...extended, ...account, null, 1])],
  [lastfm, JSON.stringify([{ track: tracks, '@attr': { page: '1' } }])],
  [lastfm, JSON.stringify({ recenttracks: { track: tracks } })],
  [lastfm, scrobbles],
  [listenbrainz, listens.map((listen) => JSON.stringify(listen)).join('\n')],
  [listenbrainz, JSON.stringify({ payload: { listens } })],
  [tableFormat, table],
  [tableFormat, quotedTable],
]

export const documents: readonly Document[] = texts.flatMap(([format, text]) => [
  { format, bytes: Buffer.from(text) },
  { format, bytes: Buffer.from(text) },
  { format, bytes: Buffer.from(`\uFEFF${text}`, 'utf16le') },
  { format, bytes: gzipSync(text) },
])

/** What parsers have stumbled over. */
export const tokens: readonly Buffer[] = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\r\n',
  '\0',
  'null',
  '-0',
  '1e999',
  '9007199254740993',
  '\\ud800',
  '\\u0000',
  '{"ts":',
  '{"endTime":',
  '"__proto__":{"a":1},',
  '\uFEFF',
  '""',
  '/*',
  '[[[[[[[[',
  '{"recenttracks":',
  '"2021-02-30 05:41"',
  '"9999-12-31T23:59:59Z"',
  '\u{1F3B5}',
  '=cmd()',
  ';',
  '\t',
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0x1f, 0x8b, 8]),
    Buffer.from([0xe9]),
    Buffer.from([0xed, 0xa0]),
  ])
