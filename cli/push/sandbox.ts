import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { type ReceivedPush, type PushSandbox, startPushSandbox } from '../../gateway/push/sandbox/sandbox.ts'
import { publicKeyOf } from '../../gateway/push/web-push/vapid.ts'
import { sealSubscription, subscriptionKey } from '../../schemas/push-subscriptions.ts'
import { topics } from '../../schemas/topics.ts'
import { commandLog } from '../command-log.ts'
import { loadConfig } from '../config.ts'
import { eventProducer } from '../event-producer.ts'
import { type KeyFlags, withKeyFlags } from '../keys.ts'
import { whole } from '../options.ts'
import { readPseudonyms } from '../privacy/read-pseudonyms.ts'
import { onStopSignals } from '../signals.ts'
import { certificateIn } from './certificate.ts'

interface Flags extends KeyFlags {
  port: number
  latency: number
  listener?: string
}

const HIGHEST_PORT = 65_535
const AGAIN_AFTER_MS = 2_000

/** `continuo push sandbox` */
export function pushSandboxCommand(): Command {
  return (
    withKeyFlags(new Command('sandbox'))
      .summary('a push service to try against, as strict as a real one, on this machine alone')
      .option('--port <port>', 'where it listens', whole(HIGHEST_PORT), 9443)
      .option('--latency <ms>', 'how long its answers take', whole(60_000), 1)
      .option('--listener <user>', 'have a device of this listener take pushes here, too')
      .addHelpText(
        'after',
        `
The authority of its certificate is in --data-dir, and stays the same.

POST /subscriptions    {"behaviour"?: "accept" | "410" | "429" | "reset" | …}: a browser that subscribes
GET  /pushes           what has been taken, decrypted

  continuo push sandbox --dev --listener listener-0`,
      )
      // `continuo push` has some of these options, too, and is given them first.
      .action((_: unknown, command: Command) => runSandbox(command.optsWithGlobals()))
  )
}

async function runSandbox({ port, latency: latencyMs, listener, ...flags }: Flags): Promise<void> {
  const enrol = listener === undefined ? undefined : await enrolment(listener, flags)
  const { caFile, ...certificate } = await certificateIn(resolve(flags.dataDir))
  const sandbox = await startPushSandbox({
    port,
    latencyMs,
    certificate,
    onPush: (push) => console.log(lineOf(push)),
  })
  onStopSignals(
    ['SIGINT', 'SIGTERM'],
    () => {
      void sandbox.close().then(() => process.exit(0))
    },
    () => process.exit(1),
  )
  console.log(`Push sandbox at ${sandbox.origin} (Ctrl-C stops it). To have it taken for a push service:

  PUSH_ALLOWED_ORIGIN=${sandbox.origin} PUSH_ALLOWED_ORIGIN_CA=${caFile} npm start
`)
  await enrol?.(sandbox)
}

/** Writes down a device of a listener at a sandbox, as the gateway does it for a browser. @throws ConfigError for keys that are missing */
async function enrolment(user: string, flags: KeyFlags) {
  const { keys, pseudonyms, epoch } = await readPseudonyms(flags, ['PUSH_KEY', 'VAPID_KEY'])
  const config = loadConfig()
  const listener = pseudonyms.listener(user)
  return async function enrol(sandbox: PushSandbox): Promise<void> {
    const device = sandbox.subscribe({ applicationServerKey: publicKeyOf(keys.VAPID_KEY) })
    const value = sealSubscription(
      { id: config.PUSH_KEY_ID, bytes: keys.PUSH_KEY },
      { listener, device, changedAt: Date.now() },
    )
    const events = eventProducer(config, commandLog('push-sandbox', config), epoch)
    const event = { topic: topics.pushSubscriptions, key: subscriptionKey(listener, value.deviceId), value }
    const isTaken = () =>
      events
        .send(event)
        .then(() => true)
        .catch(() => false)
    if (!(await isTaken())) {
      console.log('Waiting for Kafka and the schema registry …')
      do await pause(AGAIN_AFTER_MS)
      while (!(await isTaken()))
    }
    await events.close()
    console.log(`${user} takes pushes here.`)
  }
}

const lineOf = ({ text, ttl, urgency }: ReceivedPush) =>
  `push, good for ${ttl} s, urgency ${urgency}: ${text}`
