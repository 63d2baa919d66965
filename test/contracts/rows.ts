import type { Play } from '../../schemas/events.ts'
import { numbers } from '../kit/numbers.ts'
import { type Defect, defects } from './defects.ts'

export const PARTITIONS = 4
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const GRACE_MS = 30_000
export const BEGIN = Date.UTC(2026, 0, 1, 12)
/** So few that no artist has more listeners in a minute than are told apart exactly. */
const PLAYS_A_MINUTE = 2_500
const USERS = 20_000
const ARTISTS = 2_000
/** How far plays of a partition are out of order: late is none of them by that. */
const DISORDER_MS = GRACE_MS - 1
const LATE_ONE_IN = 200
const LATE_MS = 2 * MINUTE_MS
const TWICE_ONE_IN = 100
const GARBAGE_ONE_IN = 100
/** Of what is garbage by its id, the rest being plays that nobody has sent rightly. */
const SENT_RIGHTLY_TOO_ONE_IN = 5

/** Of the last play of each partition, which closes all windows before it, and whose own is closed by none. */
export const CLOSING = 'closing'

export type Version = 1 | 2 | 3

/** What is sent, in this order. */
export interface Row {
  partition: number
  /** Of the schema that its producer knows. */
  version: Version
  /** The play, or the one that it was to be. */
  play: Play
  /** What is wrong with it. */
  defect: Defect | undefined
  /** A number for what else is to be decided about it. */
  die: number
}

const zones = [null, 'Europe/Berlin', 'Asia/Kolkata', 'America/New_York'] as const
const countries = ['NO', 'DE', 'PL', null] as const
const platforms = ['web', 'ios', 'android', 'fridge'] as const
const reasons = ['none', 'next', 'stopped'] as const

/** Rows of all partitions, the same for a seed: so many plays and what is no play, then those that close the windows. */
export function* rowsOf(count: number, seed: number): Generator<Row> {
  const below = numbers(seed)
  /** A play that may be sent once more, by whomever. */
  let earlier: Row | undefined
  for (let index = 0; index < count; index++) {
    const version = (1 + below(3)) as Version
    const die = below(2 ** 20)
    if (earlier !== undefined && below(TWICE_ONE_IN) === 0) {
      yield { ...earlier, version, die }
      earlier = undefined
      continue
    }
    const row: Row = { ...madeRow(index, below), version, die, defect: undefined }
    if (below(GARBAGE_ONE_IN) === 0) {
      row.defect = defects[below(defects.length)]!
      if (row.defect.name === 'braced_id' && earlier !== undefined && below(SENT_RIGHTLY_TOO_ONE_IN) === 0) {
        Object.assign(row, { play: earlier.play, partition: earlier.partition })
        earlier = undefined
      }
    } else earlier ??= row
    yield row
  }
  yield* closingRows(count, seed)
}

function madeRow(index: number, below: (limit: number) => number): Pick<Row, 'partition' | 'play'> {
  const user = below(USERS)
  // Zipf with exponent 1.
  const artist = Math.floor(ARTISTS ** (below(2 ** 30) / 2 ** 30))
  const behind = below(LATE_ONE_IN) === 0 ? LATE_MS : below(DISORDER_MS)
  const session = below(2) === 0 ? null : idOf('5e55', user)
  const play: Play = {
    eventId: idOf('e0e0', index),
    userId: `user-${user}@example.org`,
    trackId: `track-${artist}`,
    trackName: `Trück №${artist}`,
    artistId: `artist-${artist}`,
    artistName: `Ärtist ${artist} 🎧`,
    playedAt: BEGIN + Math.floor((index * MINUTE_MS) / PLAYS_A_MINUTE) - behind,
    msPlayed: below(400_000),
    platform: platforms[below(platforms.length)]!,
    ip: below(2) === 0 ? null : `198.51.${below(256)}.${below(256)}`,
    country: countries[below(countries.length)]!,
    source: 'app',
    sessionId: session,
    context: contextOf(below),
    skipReason: reasons[below(reasons.length)]!,
    timeZone: zones[below(zones.length)]!,
    location: below(2) === 0 ? null : 'SE-AB',
  }
  return { partition: user % PARTITIONS, play }
}

function contextOf(below: (limit: number) => number): Play['context'] {
  const kind = below(4)
  if (kind > 1) return null
  const number = below(1_000)
  return kind === 0
    ? { kind: 'album', id: `album-${number}`, name: `Album ${number}` }
    : { kind: 'playlist', id: `list-${number}`, name: null }
}

/** A UUID of version 4 in form; of which kind of thing it is, its beginning says. */
const idOf = (kind: string, number: number) =>
  `${kind}0000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

function* closingRows(count: number, seed: number): Generator<Row> {
  const { play } = madeRow(0, numbers(seed))
  const playedAt = BEGIN + Math.floor((count * MINUTE_MS) / PLAYS_A_MINUTE) + 10 * MINUTE_MS
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const eventId = idOf('c105', partition)
    const closing = { ...play, eventId, artistId: CLOSING, playedAt }
    yield { partition, version: 3, play: closing, defect: undefined, die: 0 }
  }
}
