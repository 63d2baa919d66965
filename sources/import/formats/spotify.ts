import { jsonRecords } from '../files/json-records.ts'
import { Unreadable } from '../files/unreadable.ts'
import { type Listen, type SkipReason, checked, isName, isRecord } from '../listen.ts'
import { platformOf } from '../platforms.ts'
import { minuteText, momentOf } from '../times.ts'
import type { Format } from './format.ts'

const MAX_RECORD_BYTES = 64 * 1024
const EXTENDED = /(endsong|Streaming_History)[^/]*\.json(\.gz)?$/i
const ACCOUNT = /StreamingHistory[^/]*\.json(\.gz)?$/i

/** Both kinds of Spotify's exports: "account data" and "extended streaming history". */
export const spotify: Format = {
  accepts: (path) => EXTENDED.test(path) || ACCOUNT.test(path),
  // They know the second, the country and the platform.
  rank: (path) => (EXTENDED.test(path) ? 0 : 1),
  async *read(text, now) {
    for await (const records of jsonRecords(text, MAX_RECORD_BYTES))
      yield records.map((record) => parseSpotifyRecord(record, now))
  },
}

/** A record tells itself of which export it is. */
export function parseSpotifyRecord(record: unknown, now: number): Listen | SkipReason {
  if (record instanceof Unreadable) return record.reason
  if (!isRecord(record)) return 'not_an_object'
  if ('ts' in record) return parseExtended(record, now)
  return 'endTime' in record ? parseAccount(record, now) : 'not_a_play'
}

const NAME_OF_THE_ARTIST = 'master_metadata_album_artist_name'
const NAME_OF_THE_TRACK = 'master_metadata_track_name'

function parseExtended(record: Record<string, unknown>, now: number): Listen | SkipReason {
  const { ts, [NAME_OF_THE_ARTIST]: artistName, [NAME_OF_THE_TRACK]: trackName } = record
  const other = isName(trackName) ? undefined : otherThanMusic(record)
  if (other !== undefined) return other
  const playedAt = typeof ts === 'string' ? momentOf(ts)?.ms : undefined
  if (playedAt === undefined) return 'time_malformed'
  const { ms_played: msPlayed, conn_country: country, platform } = record
  return checked(
    {
      playedAt,
      artistName,
      trackName,
      msPlayed,
      country,
      skipReason: skipReasonOf(record),
      ...(typeof platform === 'string' && { platform: platformOf(platform) }),
      identity: { kind: 'spotify', endMinute: minuteText(playedAt) },
    },
    now,
  )
}

/** Spotify's words for the end of a play that say the same as ours; it has more, and may have new ones. */
const SKIP_REASONS: ReadonlyMap<unknown, Listen['skipReason']> = new Map([
  ['trackdone', 'none'],
  ['fwdbtn', 'next'],
  ['backbtn', 'previous'],
  ['endplay', 'stopped'],
  ['trackerror', 'failed'],
])

function skipReasonOf({ reason_end: reason, skipped }: Record<string, unknown>): Listen['skipReason'] {
  const said = SKIP_REASONS.get(reason) ?? 'unknown'
  return said === 'none' && skipped === true ? 'unknown' : said
}

function otherThanMusic(record: Record<string, unknown>): SkipReason | undefined {
  const says = (...fields: string[]) => fields.some((field) => isName(record[field]))
  if (says('episode_name', 'episode_show_name', 'spotify_episode_uri')) return 'podcast'
  return says('audiobook_title', 'audiobook_uri', 'audiobook_chapter_title') ? 'audiobook' : undefined
}

function parseAccount(record: Record<string, unknown>, now: number): Listen | SkipReason {
  if ('podcastName' in record || 'episodeName' in record) return 'podcast'
  if ('audiobookName' in record || 'chapterName' in record) return 'audiobook'
  const { endTime, artistName, trackName, msPlayed } = record
  const moment = typeof endTime === 'string' ? momentOf(endTime) : undefined
  if (moment === undefined) return 'time_malformed'
  const playedAt = moment.ms
  const identity = { kind: 'spotify', endMinute: minuteText(playedAt) } as const
  return checked({ playedAt, artistName, trackName, msPlayed, identity }, now)
}
