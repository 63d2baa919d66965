import { jsonRecords } from '../files/json-records.ts'
import { Unreadable } from '../files/unreadable.ts'
import { type Listen, type SkipReason, isRecord } from '../listen.ts'
import { epochMs } from '../times.ts'
import type { Format } from './format.ts'
import { scrobbled } from './scrobble.ts'

/** A page of the API has a thousand listens at most. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024
const LISTENS = /(^|\/)listens\/.*\.jsonl(\.gz)?$|listen[^/]*\.jsonl?(\.gz)?$/i

/** ListenBrainz: the archive that it exports, its JSONL, lists of listens, and pages of its API. */
export const listenbrainz: Format = {
  accepts: (path) => LISTENS.test(path),
  rank: () => 0,
  async *read(text, now) {
    for await (const records of jsonRecords(text, MAX_RECORD_BYTES))
      yield records.flatMap(listensOf).map((record) => parseListen(record, now))
  },
}

function listensOf(record: unknown): unknown[] {
  if (!isRecord(record) || !isRecord(record['payload'])) return [record]
  const { listens } = record['payload']
  return Array.isArray(listens) ? listens : [record]
}

export function parseListen(record: unknown, now: number): Listen | SkipReason {
  if (record instanceof Unreadable) return record.reason
  if (!isRecord(record)) return 'not_an_object'
  if (record['playing_now'] === true) return 'playing_now'
  if (!isRecord(record['track_metadata'])) return 'not_a_play'
  const { artist_name: artistName, track_name: trackName, additional_info: more } = record['track_metadata']
  const startedAt = epochMs(record['listened_at'])
  if (startedAt === undefined) return 'time_malformed'
  const msPlayed = isRecord(more) ? durationOf(more) : undefined
  return scrobbled({ startedAt, artistName, trackName, msPlayed }, now)
}

/** How long it was played, or else how long the track is. */
function durationOf(more: Record<string, unknown>): number | undefined {
  const { duration_played: playedSeconds, duration_ms: ms, duration: seconds } = more
  if (isDuration(playedSeconds) || playedSeconds === 0) return Math.round(playedSeconds * 1_000)
  if (isDuration(ms)) return Math.round(ms)
  return isDuration(seconds) ? Math.round(seconds * 1_000) : undefined
}

const isDuration = (value: unknown): value is number => typeof value === 'number' && value > 0
