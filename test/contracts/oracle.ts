import { createHash, createHmac } from 'node:crypto'
import type { Play } from '../../schemas/events.ts'
import { CLOSING, GRACE_MS, MINUTE_MS, PARTITIONS, type Row, type Version } from './rows.ts'
import { type SentGarbage, TRACE_ID } from './send.ts'

/** What must be found, line by line: each under a key of its own. */
export interface Wanted {
  /** Closed windows by artist and start: what is in time and no duplicate. */
  windows: Map<string, string>
  late: Map<string, string>
  duplicates: Map<string, string>
  letters: Map<string, string>
  /** History: each play once, late or not. */
  plays: Map<string, string>
  /** History by artist and minute, and by minute. */
  artistMinutes: Map<string, string>
  minutes: Map<string, string>
}

interface Sum {
  plays: number
  ms: number
  listeners: Set<string>
  newest: number
  name: string
}

export interface Place {
  /** As Kafka knows it. */
  topic: string
  pseudonymKey: Buffer
}

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const pseudonym = (key: Buffer, text: string) => hmac(key, text).subarray(0, 16).toString('base64url')
const offsets: Record<string, number> = { 'Europe/Berlin': 60, 'Asia/Kolkata': 330, 'America/New_York': -300 }

/** Texts as one line, apart from one another. */
export const line = (...texts: readonly (string | number | null)[]) =>
  texts.map((text) => text ?? '').join('\t')

export const digestOf = (bytes: Buffer | null) =>
  bytes === null ? 'null' : createHash('sha256').update(bytes).digest('hex')

/** Says what must come of rows, by a loop over them that knows nothing of the engine. */
export class Oracle {
  readonly #place: Place
  readonly #streamTime = new Array<number>(PARTITIONS).fill(-Infinity)
  readonly #seen = new Set<string>()
  readonly #windows = new Map<string, Sum>()
  readonly #artistMinutes = new Map<string, Sum>()
  readonly #minutes = new Map<string, number>()
  readonly #late = new Map<string, string>()
  readonly #duplicates = new Map<string, string>()
  readonly #letters = new Map<string, string>()
  readonly #plays = new Map<string, string>()

  constructor(place: Place) {
    this.#place = place
  }

  /** A play that is sent rightly, or given back once it has been mended. */
  play({ partition, play, version }: Pick<Row, 'partition' | 'play' | 'version'>, appendedAt: number): void {
    const { eventId, artistId, playedAt, msPlayed } = play
    const clean = this.#clean(play, version, appendedAt)
    if (this.#seen.has(eventId)) {
      this.#duplicates.set(eventId, artistId)
      return
    }
    this.#seen.add(eventId)
    this.#plays.set(eventId, clean.line)
    const start = Math.floor(playedAt / MINUTE_MS) * MINUTE_MS
    const minute = line(artistId, start)
    add(this.#artistMinutes, minute, play, clean.listener, appendedAt)
    this.#minutes.set(String(start), (this.#minutes.get(String(start)) ?? 0) + 1)

    const streamTime = Math.max(this.#streamTime[partition]!, playedAt)
    this.#streamTime[partition] = streamTime
    const closesAt = start + MINUTE_MS + GRACE_MS
    if (closesAt <= streamTime)
      this.#late.set(eventId, line(artistId, playedAt, msPlayed, 'app', streamTime, streamTime - closesAt))
    else if (artistId !== CLOSING) add(this.#windows, minute, play, clean.listener, appendedAt)
  }

  letter({ row, kind, reason, value, key, headers, offset, appendedAt }: SentGarbage): void {
    const { topic } = this.#place
    const framed = value !== null && value.length >= 5 && value[0] === 0
    this.#letters.set(
      `anonymise:${topic}:${row.partition}:${offset}`,
      line(
        ...[
          'anonymise',
          kind,
          reason,
          `${kind}_${reason}`.toUpperCase(),
          topic,
          row.partition,
          offset,
          appendedAt,
        ],
        framed ? value.readInt32BE(1) : null,
        headers.source?.equals(Buffer.from('app')) ? 'app' : headers.source === undefined ? null : 'other',
        headers.traceparent === undefined ? null : TRACE_ID,
        ...[digestOf(key), digestOf(value)],
        ...Object.entries(headers).map(([name, bytes]) => `${name}=${bytes.toString('hex')}`),
      ),
    )
  }

  /** What must be found by now. */
  wanted(): Wanted {
    const history = ({ plays, ms, listeners }: Sum) => line(plays, ms, listeners.size)
    const total = (sum: Sum) => line(sum.name, history(sum), sum.newest)
    return {
      windows: mapped(this.#windows, total),
      late: new Map(this.#late),
      duplicates: new Map(this.#duplicates),
      letters: new Map(this.#letters),
      plays: new Map(this.#plays),
      artistMinutes: mapped(this.#artistMinutes, history),
      minutes: mapped(this.#minutes, String),
    }
  }

  /** A play as history has it, and whose it is. */
  #clean(play: Play, version: Version, receivedAt: number): { listener: string; line: string } {
    const { pseudonymKey } = this.#place
    const { eventId, trackId, trackName, artistId, artistName, playedAt, msPlayed, platform, ip } = play
    const listener = pseudonym(pseudonymKey, play.userId)
    const location = version === 3 ? (play.location?.slice(0, 2) ?? null) : null
    const session = version === 1 ? null : play.sessionId
    const context = version === 1 ? null : play.context
    const zone = version === 3 ? play.timeZone : null
    return {
      listener,
      line: line(
        ...[eventId, listener, trackId, trackName, artistId, artistName, playedAt, msPlayed],
        ...[platform === 'fridge' ? 'other' : platform, ip && `${ip.split('.').slice(0, 3).join('.')}.0/24`],
        ...[play.country ?? location, 'app', receivedAt],
        session && pseudonym(hmac(pseudonymKey, 'session'), session),
        context && context.kind,
        context &&
          (context.kind === 'album' ? context.id : pseudonym(hmac(pseudonymKey, 'context'), context.id)),
        version === 3 ? play.skipReason : 'unknown',
        zone && offsets[zone]!,
      ),
    }
  }
}

function add(sums: Map<string, Sum>, key: string, play: Play, listener: string, appendedAt: number): void {
  let sum = sums.get(key)
  if (sum === undefined)
    sums.set(key, (sum = { plays: 0, ms: 0, listeners: new Set(), newest: 0, name: play.artistName }))
  sum.plays += 1
  sum.ms += play.msPlayed
  sum.listeners.add(listener)
  sum.newest = Math.max(sum.newest, appendedAt)
}

const mapped = <V, W>(map: ReadonlyMap<string, V>, make: (value: V) => W) =>
  new Map(Array.from(map, ([key, value]) => [key, make(value)]))
