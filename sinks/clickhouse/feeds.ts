import type { DeadLetter } from '../../schemas/dead-letter.ts'
import { tables } from '../../schemas/tables.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import type { Codec } from '../../schemas/codec.ts'
import type { RawRecord } from '../../pipelines/engine/raw-record.ts'
import { FIRST_VERSION, topicOfVersion } from '../../pipelines/engine/versioned.ts'
import { UnfitError } from '../decode.ts'
import type { TableVersion } from './version-tables.ts'

type Cell = string | number | boolean | null
type Row = Record<string, Cell | Cell[]>

/** A topic and the table that its records become rows of. */
export interface Feed extends TableVersion {
  topic: Topic<unknown>
  /** Records without a value are in order there: what they delete stays in the table. */
  skipsDeletions: boolean
  /**
   * A record as one line of JSONEachRow: a function of the record alone, so that a retry sends the same bytes.
   * @throws DecodeError, UnfitError
   */
  line(codec: Codec, record: RawRecord, topicId: string): string
}

function feed<V>(topic: Topic<V>, table: string, columns: (value: V) => Row): Feed {
  return {
    topic,
    table,
    version: FIRST_VERSION,
    skipsDeletions: topic.config['cleanup.policy']?.includes('compact') === true,
    line(codec, record, topicId) {
      const row = columns(codec.decode(topic, record.value))
      row.kafka_topic = record.topic
      row.kafka_topic_id = topicId
      row.kafka_partition = record.partition
      row.kafka_offset = Number(record.offset)
      return JSON.stringify(row)
    },
  }
}

/** What the sink reads, and where it goes. */
export const feeds: readonly Feed[] = [
  feed(topics.playsClean, tables.plays, (play) => ({
    event_id: play.eventId,
    listener: play.listener,
    track_id: play.trackId,
    track_name: play.trackName,
    artist_id: play.artistId,
    artist_name: play.artistName,
    played_at: dateTime(play.playedAt),
    ms_played: play.msPlayed,
    platform: play.platform,
    network: play.network,
    country: play.country,
    source: play.source,
    received_at: dateTime(play.receivedAt),
    session: play.session,
    context_kind: play.contextKind,
    context_id: play.contextId,
    skip_reason: play.skipReason,
    utc_offset_minutes: play.utcOffsetMinutes,
  })),
  feed(topics.artistTotals, tables.artistTotals, (total) => ({
    artist_id: total.artistId,
    artist_name: total.artistName,
    window_start: dateTime(total.windowStart),
    window_end: dateTime(total.windowEnd),
    plays: notNegative(total.plays),
    ms_played: total.msPlayed,
    listeners: notNegative(total.listeners),
    received_at: dateTime(total.receivedAt),
  })),
  feed(topics.deadLetters, tables.deadLetters, deadLetterRow),
  feed(topics.recommendations, tables.recommendations, (list) => ({
    recommendation_id: list.recommendationId,
    listener: list.listener,
    model_version: list.modelVersion,
    country: list.country,
    artist_ids: list.items.map(({ artistId }) => artistId),
    artist_names: list.items.map(({ artistName }) => artistName),
    scores: list.items.map(({ score }) => finite(score)),
    reasons: list.items.map(({ reason }) => reason),
    because_artist_ids: list.items.map(({ becauseArtistId }) => becauseArtistId),
    made_at: dateTime(list.madeAt),
    received_at: dateTime(list.receivedAt),
  })),
  feed(topics.recommendationsShown, tables.recommendationsShown, (shown) => ({
    event_id: shown.eventId,
    listener: shown.listener,
    recommendation_id: shown.recommendationId,
    model_version: shown.modelVersion,
    artist_ids: shown.artistIds,
    shown_at: dateTime(shown.shownAt),
    surface: shown.surface,
  })),
  feed(topics.recommendationsClicked, tables.recommendationsClicked, (click) => ({
    event_id: click.eventId,
    listener: click.listener,
    recommendation_id: click.recommendationId,
    model_version: click.modelVersion,
    artist_id: click.artistId,
    rank: notNegative(click.rank),
    clicked_at: dateTime(click.clickedAt),
    surface: click.surface,
  })),
  feed(topics.pushOutcomes, tables.pushOutcomes, (push) => ({
    event_id: push.eventId,
    notification_id: push.notificationId,
    listener: push.listener,
    device_id: push.deviceId,
    outcome: push.outcome,
    reason: push.reason,
    status: push.status === null ? null : httpStatus(push.status),
    attempt: notNegative(push.attempt),
    at: dateTime(push.at),
  })),
]

/** What a version of a topology feeds of these, if it `writes` topics of these names. */
export const feedsOf = (writes: ReadonlySet<string>, version: number): Feed[] =>
  feeds
    .filter(({ topic }) => writes.has(topic.name))
    .map((each) => ({ ...each, topic: topicOfVersion(each.topic, version), version }))

/** The sealed bytes stay in Kafka: one place fewer to erase from. */
function deadLetterRow(letter: DeadLetter): Row {
  return {
    id: letter.id,
    stage: letter.stage,
    kind: letter.kind,
    reason: letter.reason,
    topic: letter.topic,
    partition: notNegative(letter.partition),
    offset: notNegative(letter.offset),
    // The time is the original record's, which may be what was wrong with it.
    recorded_at: dateTime(Math.min(Math.max(letter.timestamp, EARLIEST), LATEST)),
    schema_id: letter.schemaId,
    source: letter.source,
    key_id: letter.keyId,
    sealed_bytes: letter.sealed.length,
    attempt: notNegative(letter.attempt),
    topic_id: letter.topicId,
    late: letter.late,
    error_code: letter.errorCode,
    trace_id: letter.traceId,
    summary: letter.summary,
  }
}

const EARLIEST = Date.UTC(1900)
const LATEST = Date.UTC(2299, 11, 31)

/** Milliseconds since 1970 as a DateTime64(3), which ClickHouse would bend to its range without a word. */
function dateTime(ms: number): string {
  if (ms < EARLIEST || ms > LATEST) throw new UnfitError('time_out_of_range')
  return new Date(ms).toISOString().replace('T', ' ').slice(0, -1)
}

function notNegative(count: number): number {
  if (count < 0) throw new UnfitError('negative_count')
  return count
}

function httpStatus(status: number): number {
  if (status < 100 || status > 999) throw new UnfitError('status_out_of_range')
  return status
}

/** JSON has no word for infinity, and ClickHouse would take the null that stands there for 0. */
function finite(number: number): number {
  if (!Number.isFinite(number)) throw new UnfitError('number_not_finite')
  return number
}
