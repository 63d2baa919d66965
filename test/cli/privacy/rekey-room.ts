import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, before } from 'node:test'
import { Redis } from 'ioredis'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { readToEnd } from '../../../pipelines/engine/kafka/read-to-end.ts'
import type { RawRecord } from '../../../pipelines/engine/raw-record.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'
import { sealSubscription, subscriptionKey } from '../../../schemas/push-subscriptions.ts'
import { topics } from '../../../schemas/topics.ts'
import { cliKeys, runCli } from '../../gateway/kit/cli.ts'
import {
  at,
  rawPlay,
  rawPreference,
  rawReaction,
  recommendation,
  recommendationClicked,
  recommendationShown,
} from '../../kit/builders.ts'
import { roleProcess } from '../../kit/role-process.ts'
import { services } from '../../kit/services.ts'
import { KafkaRoom, roomKeys } from '../../pipelines/kafka-room.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'

export const USERS = Array.from({ length: 12 }, (_, i) => `user ${i}`)
export const first = randomBytes(32)
export const wrapping = randomBytes(32).toString('base64')
export const old = pseudonyms([first])
const PLAYLIST = 'playlist of somebody'
const pushKey = { id: 'k1', bytes: Buffer.from(cliKeys.PUSH_KEY, 'base64') }

const sessionOf = (user: string) => `00000000-0000-4000-8000-${String(USERS.indexOf(user)).padStart(12, '0')}`

/** All names of the old epoch that are in use. */
export const oldNames = () => [
  ...USERS.flatMap((user) => [old.listener(user), old.session(sessionOf(user))]),
  old.context(PLAYLIST),
]

export interface RekeyRoom {
  kafka: KafkaRoom
  clickhouse: Awaited<ReturnType<typeof clickhouseRoom>>
  redis: Redis
  env: Record<string, string>
  ring: string
}

/** Topics, tables, keys of Redis and a ring of a test file's own. */
export function rekeyRoom(): RekeyRoom {
  const room: Partial<RekeyRoom> = {}
  const folder = mkdtempSync(join(tmpdir(), 'continuo-rekey-'))
  before(async () => {
    room.kafka = await KafkaRoom.make({ partitions: 2 })
    room.clickhouse = await clickhouseRoom()
    room.redis = new Redis((await services()).redisUrl)
    room.ring = join(folder, 'ring.json')
    const { topicPrefix, applicationId } = room.kafka.address
    room.env = {
      TOPIC_PREFIX: topicPrefix,
      APPLICATION_ID: applicationId,
      CLICKHOUSE_DATABASE: room.clickhouse.database,
      REDIS_PREFIX: `${applicationId}:`,
      DEAD_LETTER_KEY: roomKeys.deadLetterKey.bytes.toString('base64'),
      PSEUDONYM_KEYS: room.ring,
      PSEUDONYM_KEY: first.toString('base64'),
      WRAPPING_KEYS: `w1=${wrapping}`,
      MODEL_STORE: join(folder, 'models'),
      STATE_DIR: join(folder, 'state'),
      MAX_TASK_IDLE_MS: '0',
    }
  })
  after(async () => {
    room.redis?.disconnect()
    await room.clickhouse?.close()
    await room.kafka?.remove()
    rmSync(folder, { recursive: true })
  })
  return room as RekeyRoom
}

/** `continuo privacy …` */
export function privacy(t: TestContext, { env }: RekeyRoom, ...args: string[]) {
  const cli = runCli(t, ['privacy', ...args], env)
  cli.process.stdin?.end()
  return cli
}

export const pipelines = ({ env }: RekeyRoom) => roleProcess(['run'], env)
export const sinks = ({ env }: RekeyRoom) => roleProcess(['sinks'], env)

/** So many plays of each listener, and a like and a setting. */
export async function live({ kafka }: RekeyRoom, plays: number, artist: string): Promise<void> {
  const all = USERS.flatMap((userId, u) =>
    Array.from({ length: plays }, (_, i) =>
      rawPlay({
        userId,
        artistId: artist,
        artistName: artist,
        playedAt: at('12:00:00') + 1_000 * (u + i),
        sessionId: i % 2 === 0 ? sessionOf(userId) : null,
        context:
          i % 3 === 0
            ? { kind: i % 2 === 0 ? 'album' : 'playlist', id: i % 2 === 0 ? 'album 1' : PLAYLIST, name: null }
            : null,
      }),
    ),
  )
  await kafka.send(topics.plays, all, ({ userId }) => userId)
  const likes = USERS.map((userId) => rawReaction({ userId, artistId: artist, sessionId: sessionOf(userId) }))
  await kafka.send(topics.reactions, likes, ({ userId }) => userId)
  const settings = USERS.map((userId) => rawPreference({ userId }))
  await kafka.send(topics.preferences, settings, ({ userId }) => userId)
}

/** What other processes have written of listeners: lists, pushes, devices, imports. */
export async function history({ kafka }: RekeyRoom): Promise<void> {
  const lists = USERS.map((user, i) => ({ listener: old.listener(user), id: `${old.listener(user)}.${i}` }))
  const list = ({ listener, id }: { listener: string; id: string }) => ({ listener, recommendationId: id })
  const byListener = ({ listener }: { listener: string }) => listener
  await kafka.send(
    topics.recommendations,
    lists.map((each) => recommendation(list(each))),
    byListener,
  )
  await kafka.send(
    topics.recommendationsShown,
    lists.map((each) => recommendationShown(list(each))),
    byListener,
  )
  await kafka.send(
    topics.recommendationsClicked,
    lists.map((each) => recommendationClicked(list(each))),
    byListener,
  )
  const told = { kind: 'recommendation', modelVersion: 'm1', artistId: 'a1', artistName: 'a1' }
  await kafka.send(
    topics.notifications,
    lists.map((each) => ({
      ...told,
      ...list(each),
      notificationId: each.id,
      becauseArtistName: null,
      score: 1,
      createdAt: at('12:00:00'),
      expiresAt: at('13:00:00'),
    })),
    byListener,
  )
  await kafka.send(
    topics.pushOutcomes,
    lists.map(({ listener, id }, i) => ({
      eventId: `e${i}`,
      notificationId: id,
      listener,
      deviceId: null,
      outcome: 'dropped',
      reason: null,
      status: null,
      attempt: 0,
      at: at('12:00:00'),
    })),
    byListener,
  )
  await kafka.send(
    topics.erasureRequests,
    lists.map(({ listener }) => ({
      requestId: randomUUID(),
      listener,
      requestedAt: 1,
      dueAt: 2,
      source: 'app',
    })),
    byListener,
  )
  await kafka.send(
    topics.pushSubscriptions,
    lists.map(({ listener }, i) => deviceOf(listener, i)),
    ({ listener, deviceId }) => subscriptionKey(listener, deviceId),
  )
  await kafka.sendBytes(
    topics.importedPlays,
    lists.map(({ listener }, i) => ({
      key: `${listener}:${String(i).padStart(32, '0')}`,
      value: kafka.codec.encode(topics.importedPlays, { importId: 'i1', producedAt: 1 }),
    })),
  )
}

const deviceOf = (listener: string, i: number) => {
  const keys = { p256dh: 'p', auth: 'a' }
  const device = { endpoint: `https://push.example/${i}`, keys }
  return sealSubscription(pushKey, { listener, device, changedAt: i })
}

/** All that any topic of the room has, but for those that name people. */
export async function everything({ kafka }: RekeyRoom): Promise<Map<string, RawRecord[]>> {
  const { topicPrefix } = kafka.address
  const raw = new Set(['plays', 'reactions', 'preferences'].map((name) => topicPrefix + name))
  const places = await withAdmin(kafka.kafka, async (admin) => {
    const names = (await admin.listTopics()).filter((name) => name.startsWith(topicPrefix) && !raw.has(name))
    const { topics: found } = await admin.fetchTopicMetadata({ topics: names })
    return found.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionId: partition }) => ({ topic: name, partition })),
    )
  })
  const records: RawRecord[] = []
  await readToEnd(kafka.kafka, places, (record) => records.push(record))
  return Map.groupBy(records, ({ topic }) => topic.slice(topicPrefix.length))
}

export const openWith = pushKey
