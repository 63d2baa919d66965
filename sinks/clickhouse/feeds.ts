import type { DeadLetter } from '../../schemas/dead-letter.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { ByteWriter } from '../../schemas/byte-writer.ts'
import { tables } from '../../schemas/tables.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import type { Codec } from '../../schemas/codec.ts'
import type { RawRecord } from '../../pipelines/engine/raw-record.ts'
import { FIRST_VERSION, topicOfVersion } from '../../pipelines/engine/versioned.ts'
import { UnfitError } from '../decode.ts'
import {
  type Columns,
  EARLIEST,
  LATEST,
  type RowFormat,
  array,
  bool,
  column,
  dateTime,
  float64,
  int32,
  int64,
  lowCardinality,
  nullable,
  rowBinary,
  text,
  uint16,
  uint32,
  uint64,
} from './row-binary.ts'
import type { TableVersion } from './version-tables.ts'

/** A topic and the table that its records become rows of. */
export interface Feed extends TableVersion {
  topic: Topic<unknown>
  /** Records without a value are in order there: what they delete stays in the table. */
  skipsDeletions: boolean
  /** What its rows are sent in. */
  format: RowFormat
  /**
   * A record as a row: a function of the record alone, so that a retry sends the same bytes.
   * @throws DecodeError, UnfitError
   */
  row(codec: Codec, record: RawRecord, topicId: string): Buffer
  /** When what became a row reached Kafka, ms since 1970; undefined where the table does not say. */
  receivedAt(codec: Codec, record: RawRecord): number | undefined
}

/** Where a record lay. */
interface Place {
  record: RawRecord
  topicId: string
}

const placeColumns: Columns<Place> = {
  kafka_topic: column(lowCardinality(text), ({ record }) => record.topic),
  kafka_topic_id: column(lowCardinality(text), ({ topicId }) => topicId),
  kafka_partition: column(uint32, ({ record }) => record.partition),
  kafka_offset: column(uint64, ({ record }) => Number(record.offset)),
}

/** A topic whose values are rows of these columns, with those of where they lay. */
export function feed<V>(topic: Topic<V>, table: string, columns: Columns<V>): Feed {
  const out = new ByteWriter()
  const ofValue = Object.values(columns)
  const ofPlace = Object.values(placeColumns)
  return {
    topic,
    table,
    version: FIRST_VERSION,
    skipsDeletions: topic.config['cleanup.policy']?.includes('compact') === true,
    format: rowBinary({ ...columns, ...placeColumns }),
    row(codec, record, topicId) {
      const value = codec.decode(topic, record.value)
      // What did not fit has left its beginning there.
      out.truncate(0)
      for (const each of ofValue) each.write(out, value)
      for (const each of ofPlace) each.write(out, { record, topicId })
      return out.take()
    },
    receivedAt: (codec, record) =>
      columns['received_at']?.of(codec.decode(topic, record.value)) as number | undefined,
  }
}

const name = lowCardinality(text)
const nameOrNull = lowCardinality(nullable(text))
const textOrNull = nullable(text)

export const playColumns: Columns<CleanPlay> = {
  event_id: column(text, (play) => play.eventId),
  listener: column(text, (play) => play.listener),
  track_id: column(text, (play) => play.trackId),
  track_name: column(text, (play) => play.trackName),
  artist_id: column(text, (play) => play.artistId),
  artist_name: column(text, (play) => play.artistName),
  played_at: column(dateTime, (play) => play.playedAt),
  ms_played: column(int64, (play) => play.msPlayed),
  platform: column(name, (play) => play.platform),
  network: column(textOrNull, (play) => play.network),
  country: column(nameOrNull, (play) => play.country),
  source: column(name, (play) => play.source),
  received_at: column(dateTime, (play) => play.receivedAt),
  session: column(textOrNull, (play) => play.session),
  context_kind: column(nameOrNull, (play) => play.contextKind),
  context_id: column(textOrNull, (play) => play.contextId),
  skip_reason: column(name, (play) => play.skipReason),
  utc_offset_minutes: column(nullable(int32), (play) => play.utcOffsetMinutes),
}

/** The sealed bytes stay in Kafka: one place fewer to erase from. */
const deadLetterColumns: Columns<DeadLetter> = {
  id: column(text, (letter) => letter.id),
  stage: column(name, (letter) => letter.stage),
  kind: column(name, (letter) => letter.kind),
  reason: column(name, (letter) => letter.reason),
  topic: column(name, (letter) => letter.topic),
  partition: column(uint32, (letter) => letter.partition),
  offset: column(uint64, (letter) => letter.offset),
  // The time is the original record's, which may be what was wrong with it.
  recorded_at: column(dateTime, (letter) => Math.min(Math.max(letter.timestamp, EARLIEST), LATEST)),
  schema_id: column(nullable(int32), (letter) => letter.schemaId),
  source: column(nameOrNull, (letter) => letter.source),
  key_id: column(name, (letter) => letter.keyId),
  sealed_bytes: column(uint32, (letter) => letter.sealed.length),
  attempt: column(uint32, (letter) => letter.attempt),
  topic_id: column(nameOrNull, (letter) => letter.topicId),
  late: column(bool, (letter) => letter.late),
  error_code: column(nameOrNull, (letter) => letter.errorCode),
  trace_id: column(textOrNull, (letter) => letter.traceId),
  summary: column(text, (letter) => letter.summary),
}

/** What the sink reads, and where it goes. */
export const feeds: readonly Feed[] = [
  feed(topics.playsClean, tables.plays, playColumns),
  feed(topics.artistTotals, tables.artistTotals, {
    artist_id: column(text, (total) => total.artistId),
    artist_name: column(text, (total) => total.artistName),
    window_start: column(dateTime, (total) => total.windowStart),
    window_end: column(dateTime, (total) => total.windowEnd),
    plays: column(uint64, (total) => total.plays),
    ms_played: column(int64, (total) => total.msPlayed),
    listeners: column(uint64, (total) => total.listeners),
    received_at: column(dateTime, (total) => total.receivedAt),
  }),
  feed(topics.deadLetters, tables.deadLetters, deadLetterColumns),
  feed(topics.recommendations, tables.recommendations, {
    recommendation_id: column(text, (list) => list.recommendationId),
    listener: column(text, (list) => list.listener),
    model_version: column(name, (list) => list.modelVersion),
    country: column(nameOrNull, (list) => list.country),
    artist_ids: column(array(text), ({ items }) => items.map(({ artistId }) => artistId)),
    artist_names: column(array(text), ({ items }) => items.map(({ artistName }) => artistName)),
    scores: column(array(float64), ({ items }) => items.map(({ score }) => score)),
    reasons: column(array(name), ({ items }) => items.map(({ reason }) => reason)),
    because_artist_ids: column(array(textOrNull), ({ items }) =>
      items.map(({ becauseArtistId }) => becauseArtistId),
    ),
    made_at: column(dateTime, (list) => list.madeAt),
    received_at: column(dateTime, (list) => list.receivedAt),
  }),
  feed(topics.recommendationsShown, tables.recommendationsShown, {
    event_id: column(text, (shown) => shown.eventId),
    listener: column(text, (shown) => shown.listener),
    recommendation_id: column(text, (shown) => shown.recommendationId),
    model_version: column(name, (shown) => shown.modelVersion),
    artist_ids: column(array(text), (shown) => shown.artistIds),
    shown_at: column(dateTime, (shown) => shown.shownAt),
    surface: column(name, (shown) => shown.surface),
  }),
  feed(topics.recommendationsClicked, tables.recommendationsClicked, {
    event_id: column(text, (click) => click.eventId),
    listener: column(text, (click) => click.listener),
    recommendation_id: column(text, (click) => click.recommendationId),
    model_version: column(name, (click) => click.modelVersion),
    artist_id: column(text, (click) => click.artistId),
    rank: column(uint32, (click) => click.rank),
    clicked_at: column(dateTime, (click) => click.clickedAt),
    surface: column(name, (click) => click.surface),
  }),
  feed(topics.pushOutcomes, tables.pushOutcomes, {
    event_id: column(text, (push) => push.eventId),
    notification_id: column(text, (push) => push.notificationId),
    listener: column(text, (push) => push.listener),
    device_id: column(textOrNull, (push) => push.deviceId),
    outcome: column(name, (push) => push.outcome),
    reason: column(nameOrNull, (push) => push.reason),
    status: column(nullable(uint16), ({ status }) => (status === null ? null : httpStatus(status))),
    attempt: column(uint32, (push) => push.attempt),
    at: column(dateTime, (push) => push.at),
  }),
]

/** What a version of a topology feeds of these, if it `writes` topics of these names. */
export const feedsOf = (writes: ReadonlySet<string>, version: number): Feed[] =>
  feeds
    .filter(({ topic }) => writes.has(topic.name))
    .map((each) => ({ ...each, topic: topicOfVersion(each.topic, version), version }))

function httpStatus(status: number): number {
  if (status < 100 || status > 999) throw new UnfitError('status_out_of_range')
  return status
}
