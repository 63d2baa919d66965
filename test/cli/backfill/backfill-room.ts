import { type TestContext, after, before } from 'node:test'
import type { CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { type RunningCli, runCli } from '../../gateway/kit/cli.ts'
import { freePort } from '../../../stack/ports.ts'
import { at, play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { KafkaRoom, roomKeys } from '../../pipelines/kafka-room.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'

export const ARTISTS = 7
/** So far apart plays are, ms: of each partition every second one. */
const STEP_MS = 500

/** Topics, tables and processes of a test's own. */
export interface BackfillRoom {
  kafka: KafkaRoom
  clickhouse: Awaited<ReturnType<typeof clickhouseRoom>>
  /** All plays sent, in order. */
  sent: CleanPlay[]
  /** Sends so many plays more, to both partitions in turn. */
  send(count: number): Promise<void>
  /** Starts `continuo …`. */
  cli(t: TestContext, ...args: string[]): Promise<RunningCli>
}

/** A room for the tests of a file. */
export function backfillRoom(): BackfillRoom {
  const room: Partial<BackfillRoom> & { sent: CleanPlay[] } = { sent: [] }
  before(async () => {
    room.kafka = await KafkaRoom.make({ partitions: 2 })
    room.clickhouse = await clickhouseRoom()
  })
  after(async () => {
    await room.clickhouse?.close()
    await room.kafka?.remove()
  })
  return Object.assign(room, {
    async send(count: number) {
      const more = Array.from({ length: count }, () => nextPlay(room.sent))
      await room.kafka!.sendBytes(
        topics.playsClean,
        more.map((each, i) => ({
          key: each.listener,
          partition: i % 2,
          value: room.kafka!.codec.encode(topics.playsClean, each),
        })),
      )
    },
    async cli(t: TestContext, ...args: string[]) {
      const { topicPrefix, applicationId } = room.kafka!.address
      return runCli(t, args, {
        TOPIC_PREFIX: topicPrefix,
        APPLICATION_ID: applicationId,
        CLICKHOUSE_DATABASE: room.clickhouse!.database,
        REDIS_PREFIX: `${applicationId}:`,
        DEAD_LETTER_KEY: roomKeys.deadLetterKey.bytes.toString('base64'),
        HEALTH_PORT: String(await freePort()),
        MAX_TASK_IDLE_MS: '120000',
      })
    },
  }) as BackfillRoom
}

function nextPlay(sent: CleanPlay[]): CleanPlay {
  const n = sent.length
  const artist = `a${(n * n) % ARTISTS}`
  const time = at('12:00:00') + n * STEP_MS
  const next = {
    ...play({ artistId: artist, artistName: artist, msPlayed: 1_000 + n, listener: `listener-${n % 11}` }),
    playedAt: time,
    receivedAt: time,
  }
  sent.push(next)
  return next
}

/** What a minute of an artist comes to. */
export interface Total {
  artist: string
  start: number
  plays: number
  ms: number
}

const MINUTE = 60_000

/** The same as the topology, by a loop: all minutes that end at or before `until`, ms since 1970. */
function totalsOf(plays: readonly CleanPlay[], end: number): Total[] {
  const totals = new Map<string, Total>()
  for (const { artistId, playedAt, msPlayed } of plays) {
    const start = playedAt - (playedAt % MINUTE)
    if (start + MINUTE > end) continue
    const key = `${start} ${artistId}`
    const total = totals.get(key) ?? { artist: artistId, start, plays: 0, ms: 0 }
    totals.set(key, { ...total, plays: total.plays + 1, ms: total.ms + msPlayed })
  }
  return inOrder([...totals.values()])
}

/** What is closed behind the grace when both partitions have come to their last play. */
export const closedIn = ({ sent }: BackfillRoom) => totalsOf(sent, (sent.at(-2)?.playedAt ?? 0) - 30_000)

export const inOrder = (totals: Total[]) =>
  totals.sort((one, other) => one.start - other.start || (one.artist < other.artist ? -1 : 1))

/** What analysts find. */
export async function totalsIn({ clickhouse }: BackfillRoom, table = 'artist_totals'): Promise<Total[]> {
  const rows = await clickhouse.rows<Record<keyof Total, string>>(
    `SELECT artist_id AS artist, toUnixTimestamp64Milli(window_start) AS start, plays, ms_played AS ms FROM ${table}`,
  )
  return inOrder(
    rows.map(({ artist, start, plays, ms }) => ({
      artist,
      start: Number(start),
      plays: Number(plays),
      ms: Number(ms),
    })),
  )
}

/** Waits until a process has said something. */
export const says = (cli: RunningCli, what: RegExp, within = 45_000) =>
  until(() => what.test(cli.stdout()) || !stillRuns(cli), { what: `it to say ${String(what)}`, within })

/** @throws with all that it has said, if it has ended. */
export function stillRuns({ process, stderr, stdout }: RunningCli): boolean {
  if (process.exitCode === null) return true
  throw new Error(`it has ended with ${process.exitCode}: ${stdout()}${stderr()}`)
}
