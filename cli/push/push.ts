import { Command } from 'commander'
import type { Kafka } from 'kafkajs'
import { ensureTopics, partitionCounts } from '../../pipelines/engine/kafka/ensure-topics.ts'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { topics } from '../../schemas/topics.ts'
import type { Config } from '../config.ts'
import { presenceInRedis } from '../../gateway/push/presence.ts'
import { startPushStage } from '../../gateway/push/push-stage.ts'
import { publicKeyOf } from '../../gateway/push/web-push/vapid.ts'
import { webPushProvider } from '../../gateway/push/web-push/web-push-provider.ts'
import { putAsideInKafka } from '../../sinks/index.ts'
import { openCodec } from '../codec.ts'
import { connectKafka } from '../kafka.ts'
import { type KeyFlags, readKeys, withKeyFlags } from '../keys.ts'
import { type Role, type Surroundings, runProcess } from '../process.ts'
import { publishStatus } from '../status/publish-status.ts'
import { replaysTo } from '../sinks/stages.ts'
import { pushSandboxCommand } from './sandbox.ts'
import { PUSH_STAGE } from './stage.ts'

const keyNames = ['PUSH_KEY', 'VAPID_KEY', 'DEAD_LETTER_KEY'] as const
type Keys = Record<(typeof keyNames)[number], Buffer>

/** `continuo push`, `continuo push sandbox` */
export function pushCommand(): Command {
  return withKeyFlags(new Command('push'))
    .action((flags: KeyFlags) => {
      const keys = readKeys(keyNames, flags)
      return runProcess('push', (around) => startPush(around, keys))
    })
    .addCommand(pushSandboxCommand())
}

/** With as many partitions as its notifications have: what a listener is given back comes to the process that has the rest of theirs. */
async function makeReplayTopic(
  kafka: Kafka,
  { TOPIC_PREFIX: prefix, REPLICATION_FACTOR }: Config,
): Promise<void> {
  const notifications = prefix + topics.notifications.name
  const counts = await withAdmin(kafka, (admin) => partitionCounts(admin, [notifications]))
  await ensureTopics(kafka, [replaysTo(PUSH_STAGE, prefix, counts.get(notifications)!)], REPLICATION_FACTOR)
}

async function startPush({ config, log, metrics, crash }: Surroundings, keys: Keys): Promise<Role> {
  const { pushSandbox: allowedOrigin } = config
  if (allowedOrigin !== undefined)
    log.warn(
      { origin: allowedOrigin.origin },
      'pushes may go to a private address: PUSH_ALLOWED_ORIGIN is set',
    )
  const provider = webPushProvider({
    vapidKey: keys.VAPID_KEY,
    subject: config.VAPID_SUBJECT,
    ...(allowedOrigin !== undefined && { allowedOrigin }),
  })
  // Not a secret, unlike what it belongs to, which the server of the page need not have.
  log.info(
    { VAPID_PUBLIC_KEY: publicKeyOf(keys.VAPID_KEY) },
    'what the page is to have browsers subscribe with',
  )
  const kafka = connectKafka(config, 'continuo-push', log)
  const codec = await openCodec(config, log)
  const { TOPIC_PREFIX: topicPrefix, APPLICATION_ID: applicationId, PUSHES_A_DAY: pushesADay } = config
  const deadLetterKey = { id: config.DEAD_LETTER_KEY_ID, bytes: keys.DEAD_LETTER_KEY }
  const letters = await putAsideInKafka({ kafka, codec, topicPrefix, key: deadLetterKey })
  await makeReplayTopic(kafka, config)
  const presence = presenceInRedis(config.REDIS_URL, config.REDIS_PREFIX, log)
  const stage = await startPushStage({
    kafka,
    codec,
    topicPrefix,
    applicationId,
    pushesADay,
    provider,
    metrics,
    crash,
    log,
    key: { id: config.PUSH_KEY_ID, bytes: keys.PUSH_KEY },
    isPresent: presence.isPresent,
    putAside: letters.as(PUSH_STAGE),
    replays: { stage: PUSH_STAGE, deadLetterKey },
  })
  const published = publishStatus({ config, running: () => [stage], log, kafka })
  return {
    ready: () => stage.ready(),
    status: () => [stage.status()],
    async stop() {
      await stage.stop()
      await published.stop()
      provider.close()
      await letters.close()
      presence.close()
    },
  }
}
