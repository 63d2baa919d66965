import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readToEnd } from '../../../pipelines/engine/kafka/read-to-end.ts'
import { startPushSandbox } from '../../../gateway/push/sandbox/sandbox.ts'
import { publicKeyOf } from '../../../gateway/push/web-push/vapid.ts'
import type { Notification, PushOutcome } from '../../../schemas/events.ts'
import { type WebPushDevice, sealSubscription, subscriptionKey } from '../../../schemas/push-subscriptions.ts'
import { topics } from '../../../schemas/topics.ts'
import { preference } from '../../kit/builders.ts'
import { roleProcess } from '../../kit/role-process.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../../sinks/sink-room.ts'

const PARTITIONS = 2
const partitionsOf = (topic: string) =>
  Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))

export type StageProcess = Awaited<ReturnType<typeof roleProcess>>

/** Topics of a test file's own, a push service, and what `continuo push` needs to know of both. */
export async function pushRoom() {
  const room = await sinkRoom([topics.notifications, topics.preferencesClean, topics.pushSubscriptions])
  const vapidKey = randomBytes(32)
  const key = { id: 'k1', bytes: randomBytes(32) }
  const sandbox = await startPushSandbox()
  const folder = await mkdtemp(join(tmpdir(), 'continuo-push-'))
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, sandbox.ca)
  const producer = room.kafka.producer()
  await producer.connect()

  const env = {
    ...room.env,
    APPLICATION_ID: randomUUID(),
    REDIS_PREFIX: `test-${randomUUID()}:`,
    PUSH_KEY: key.bytes.toString('base64'),
    VAPID_KEY: vapidKey.toString('base64'),
    PUSH_ALLOWED_ORIGIN: sandbox.origin,
    PUSH_ALLOWED_ORIGIN_CA: caFile,
  }
  const stages = new Set<StageProcess>()

  async function start(more: Record<string, string> = {}): Promise<StageProcess> {
    const stage = await roleProcess(['push'], { ...env, ...more })
    stages.add(stage)
    return stage
  }

  async function outcomesOf(listener: string): Promise<PushOutcome[]> {
    return (await outcomes()).filter((each) => each.listener === listener)
  }

  /** All outcomes so far, in the order of their partitions. */
  async function outcomes(): Promise<PushOutcome[]> {
    const found: PushOutcome[] = []
    await readToEnd(room.kafka, partitionsOf(room.nameOf(topics.pushOutcomes)), ({ value }) =>
      found.push(room.codec.decode(topics.pushOutcomes, value)),
    )
    return found
  }

  return {
    ...room,
    env,
    sandbox,
    key,
    deadLetterKey: room.key,
    outcomes,
    outcomesOf,

    /** `continuo push`, as a process of its own. */
    start,

    async ready(more: Record<string, string> = {}): Promise<StageProcess> {
      const stage = await start(more)
      await until(() => stage.ready(), { within: 60_000, what: 'the push stage to be ready' })
      return stage
    },

    async killStages(): Promise<void> {
      for (const each of stages) await each.kill()
      stages.clear()
    },

    /** The first outcome of that kind that a listener's notifications have, or get. */
    outcomeOf: (listener: string, outcome: string) =>
      until(async () => (await outcomesOf(listener)).find((each) => each.outcome === outcome), {
        within: 60_000,
        what: `${listener}’s notification to be ${outcome}`,
      }),

    pushesTo: ({ endpoint }: WebPushDevice) => sandbox.pushes.filter((push) => push.endpoint === endpoint),

    /** A device of a listener at the sandbox. */
    async subscribe(
      listener: string,
      {
        device: known,
        ...behaviour
      }: Parameters<typeof sandbox.subscribe>[0] & { device?: WebPushDevice } = {},
    ): Promise<WebPushDevice> {
      const device = known ?? sandbox.subscribe({ applicationServerKey: publicKeyOf(vapidKey), ...behaviour })
      const value = sealSubscription(key, { listener, device, changedAt: Date.now() })
      const message = {
        key: subscriptionKey(listener, value.deviceId),
        value: room.codec.encode(topics.pushSubscriptions, value),
      }
      await producer.send({ topic: room.nameOf(topics.pushSubscriptions), messages: [message] })
      return device
    },

    prefer: (listener: string, name: string, value: string) =>
      room.send(topics.preferencesClean, 0, [
        { ...preference({ listener, name, value }), changedAt: Date.now() },
      ]),

    /** Listeners whose newest record of a subscription there is, or, null, has been taken back. */
    async subscriptions(): Promise<Map<string, true | null>> {
      const found = new Map<string, true | null>()
      await readToEnd(
        room.kafka,
        partitionsOf(room.nameOf(topics.pushSubscriptions)),
        ({ key: name, value }) => found.set(name!.toString().split('.')[0]!, value && true),
      )
      return found
    },

    async close(): Promise<void> {
      await producer.disconnect()
      await sandbox.close()
      await rm(folder, { recursive: true })
      await room.close()
    },
  }
}

let made = 0

/** Something to tell a listener of within the next hour; say only what the test is about. */
export function notification(given: Partial<Notification> = {}): Notification {
  const { listener = 'ada', createdAt = Date.now() } = given
  const id = `${listener}.${createdAt}-${++made}`
  return {
    notificationId: id,
    listener,
    kind: 'recommendation',
    recommendationId: id,
    modelVersion: 'm1',
    artistId: 'a1',
    artistName: 'Artist One',
    becauseArtistName: 'Artist Two',
    score: 0.5,
    createdAt,
    expiresAt: createdAt + 3_600_000,
    ...given,
  }
}
