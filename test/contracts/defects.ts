import type { Play } from '../../schemas/events.ts'
import { type SchemaIds, bodyOf, framed } from './producers.ts'
import type { Row, Version } from './rows.ts'

/** A value as it is sent, and what its dead letter is to say of it. */
export interface Broken {
  value: Buffer | null
  kind: 'decode' | 'validate'
  reason: string
}

/** A way in which a producer goes wrong. */
export interface Defect {
  name: string
  /** What the play is once `mend.ts` has mended it; undefined where nobody can. */
  mended: ((row: Row) => Pick<Row, 'play' | 'version'>) | undefined
  breaks(row: Row, ids: SchemaIds): Broken
}

const HEADER_BYTES = 5
const UNKNOWN_IDS = [2_000_000_000, 2_000_000_001, 0, -1]
/** Less than what a broker takes by itself, more than a letter of any use. */
const HUGE = 900_000

const decode = (reason: string, value: Buffer | null): Broken => ({ kind: 'decode', reason, value })
const malformed = (value: Buffer) => decode('malformed_avro', value)

const asIs = ({ play, version }: Row) => ({ play, version })
/** Those whose schema is not told are mended by one schema for all. */
const asThird = ({ play }: Row) => ({ play, version: 3 as const })

const whole = ({ play, version }: Row, ids: SchemaIds) => framed(ids[version], bodyOf(play, version))

const toSeconds = (play: Play) => Math.floor(play.playedAt / 1_000)

export const defects: readonly Defect[] = [
  {
    name: 'no_value',
    mended: undefined,
    breaks: ({ die }) =>
      die % 2 === 0
        ? decode('null_value', null)
        : decode('not_wire_format', Buffer.alloc(die % HEADER_BYTES)),
  },
  {
    name: 'unframed',
    mended: asThird,
    breaks: ({ play }) => decode('not_wire_format', bodyOf(play, 3)),
  },
  {
    name: 'unknown_schema',
    mended: asThird,
    breaks: ({ play, die }) =>
      decode('unknown_schema_id', framed(UNKNOWN_IDS[die % UNKNOWN_IDS.length]!, bodyOf(play, 3))),
  },
  {
    name: 'foreign_schema',
    mended: asThird,
    breaks: ({ play }, ids) => decode('incompatible_schema', framed(ids.foreign, bodyOf(play, 3))),
  },
  {
    name: 'braced_id',
    mended: asIs,
    breaks({ play, version }, ids) {
      const eventId = `{${play.eventId.toUpperCase()}}`
      const value = framed(ids[version], bodyOf({ ...play, eventId }, version))
      return { kind: 'validate', reason: 'invalid_event_id', value }
    },
  },
  {
    name: 'seconds',
    mended: ({ play, version }) => ({ play: { ...play, playedAt: 1_000 * toSeconds(play) }, version }),
    breaks({ play, version }, ids) {
      const value = framed(ids[version], bodyOf({ ...play, playedAt: toSeconds(play) }, version))
      return { kind: 'validate', reason: 'played_at_before_streaming', value }
    },
  },
  {
    name: 'truncated',
    mended: undefined,
    breaks(row, ids) {
      const bytes = whole(row, ids)
      return malformed(bytes.subarray(0, HEADER_BYTES + (row.die % (bytes.length - HEADER_BYTES))))
    },
  },
  {
    name: 'trailing',
    mended: undefined,
    breaks: (row, ids) =>
      malformed(Buffer.concat([whole(row, ids), Buffer.alloc(1 + (row.die % 100), row.die)])),
  },
  {
    name: 'damaged',
    mended: undefined,
    breaks({ play, die }, ids) {
      const damage = damages[die % damages.length]!
      return malformed(framed(ids[damage.version], damage.of(play)))
    },
  },
  {
    name: 'impossible',
    mended: undefined,
    breaks({ play, version, die }, ids) {
      const [reason, wrong] = impossible[die % impossible.length]!
      const value = framed(ids[version], bodyOf({ ...play, ...wrong }, version))
      return { kind: 'validate', reason, value }
    },
  },
]

/** Bytes that no writer of Avro makes. */
const damages: readonly { version: Version; of(play: Play): Buffer }[] = [
  // The first text, of 36 bytes: claims 2 GiB; has less than none; has a length without end.
  { version: 1, of: (play) => led([0xfe, 0xff, 0xff, 0xff, 0x0f], play) },
  { version: 2, of: (play) => led([0x09], play) },
  { version: 3, of: (play) => led(new Array<number>(11).fill(0xff), play) },
  // The last three fields of the first version are ip, country and source: a third branch of two, and one before the first.
  { version: 1, of: (play) => changed(nothingTold(play, 1), -(3 + play.source.length), 0x04) },
  { version: 1, of: (play) => changed(nothingTold(play, 1), -(2 + play.source.length), 0x01) },
  // Those of the third are skip reason, time zone and location: a reason that has no name.
  { version: 3, of: (play) => changed(nothingTold(play, 3), -3, 0x7e) },
  // A letter of two bytes whose second is gone.
  { version: 2, of: (play) => changed(bodyOf(play, 2), bodyOf(play, 2).indexOf('ück') + 1, 0x75) },
]

const led = (length: number[], play: Play) =>
  Buffer.concat([Buffer.from(length), bodyOf(play, 3).subarray(1)])

const nothingTold = (play: Play, version: Version) =>
  bodyOf(
    { ...play, ip: null, country: null, sessionId: null, context: null, timeZone: null, location: null },
    version,
  )

function changed(body: Buffer, at: number, byte: number): Buffer {
  body[at < 0 ? body.length + at : at] = byte
  return body
}

/** What Avro can say, and no play can be. */
const impossible: readonly (readonly [reason: string, wrong: Partial<Play>])[] = [
  ['invalid_ms_played', { msPlayed: -1 }],
  ['invalid_ms_played', { msPlayed: 2 ** 40 }],
  ['played_at_in_future', { playedAt: Date.UTC(2099, 0, 1) }],
  ['played_at_before_streaming', { playedAt: -1 }],
  ['invalid_text', { artistName: '' }],
  ['invalid_text', { artistId: 'a'.repeat(513) }],
  ['invalid_text', { trackName: 'endless'.repeat(HUGE / 7) }],
  ['invalid_user_id', { userId: '' }],
  ['invalid_event_id', { eventId: 'the first play' }],
]
