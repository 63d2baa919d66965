import { SESSION_TIMEOUT_MS } from '../../../pipelines/engine/kafka/consume-partitions.ts'
import { TRANSACTION_TIMEOUT_MS } from '../../../pipelines/engine/kafka/transaction.ts'
import { type Check, type Verdict, bad, check, ok, unknown, warn } from '../../../sinks/finding.ts'
import { duration } from '../../status/text.ts'
import type { SeenKafka } from './look.ts'

type KafkaCheck = Check<SeenKafka>

/** One of their settings as each broker has it; undefined where they do not tell. */
const settingOf = ({ settings }: SeenKafka, name: string): string[] | undefined => {
  const values = settings?.flatMap((broker) => broker[name] ?? [])
  return values === undefined || values.length === 0 ? undefined : values
}

const lowest = (values: readonly string[]) => Math.min(...values.map(Number))
const highest = (values: readonly string[]) => Math.max(...values.map(Number))

/** What to say of a setting that the brokers do not tell. */
const untold = (setting: string): Verdict =>
  unknown(
    `the brokers do not tell ${setting}`,
    'allow the user of KAFKA_SASL_USERNAME DescribeConfigs on the cluster',
  )

const METADATA = { request: 3, version: 10 }
const TXN_OFFSET_COMMIT = { request: 28, version: 3 }

/** Topics have ids since 2.8 (KIP-516), by which one that was made again is known; offsets are fenced by generation since 2.5 (KIP-447). */
const version: KafkaCheck = check('version', ({ requests }) => {
  const knows = ({ request, version }: typeof METADATA) => (requests[request]?.maxVersion ?? -1) >= version
  if (knows(METADATA) && knows(TXN_OFFSET_COMMIT)) return ok('2.8 or newer')
  if (knows(TXN_OFFSET_COMMIT))
    return warn(
      'older than 2.8: a topic that is deleted and made again is taken for the same',
      'Kafka 2.8 or newer',
    )
  return bad('older than 2.5: transactions of processes cannot be fenced', 'Kafka 2.8 or newer')
})

const transactions: KafkaCheck = check('transactions', (seen) => {
  if (seen.wanted.guarantee !== 'exactly-once')
    return ok(`none, as PROCESSING_GUARANTEE is ${seen.wanted.guarantee}`)
  const longest = settingOf(seen, 'transaction.max.timeout.ms')
  if (longest === undefined) return untold('transaction.max.timeout.ms')
  if (lowest(longest) < TRANSACTION_TIMEOUT_MS)
    return bad(
      `transaction.max.timeout.ms ${lowest(longest)}: no topology can begin one of ${TRANSACTION_TIMEOUT_MS}`,
      `transaction.max.timeout.ms=${TRANSACTION_TIMEOUT_MS} or more in the brokers' configuration`,
    )
  return storedIn(seen, { topic: '__transaction_state', settings: 'transaction.state.log' })
})

const groups: KafkaCheck = check('groups', (seen) => {
  const shortest = settingOf(seen, 'group.min.session.timeout.ms')
  const longest = settingOf(seen, 'group.max.session.timeout.ms')
  if (shortest === undefined || longest === undefined) return untold('group.min.session.timeout.ms')
  if (highest(shortest) > SESSION_TIMEOUT_MS || lowest(longest) < SESSION_TIMEOUT_MS)
    return bad(
      `sessions of ${highest(shortest)} to ${lowest(longest)} ms alone: nobody can join with ${SESSION_TIMEOUT_MS}`,
      `group.min.session.timeout.ms=${SESSION_TIMEOUT_MS} in the brokers' configuration`,
    )
  return storedIn(seen, { topic: '__consumer_offsets', settings: 'offsets.topic' })
})

interface Store {
  topic: string
  settings: 'transaction.state.log' | 'offsets.topic'
}

/** Where brokers keep what they know of transactions or groups: without that nothing is committed. */
function storedIn(seen: SeenKafka, { topic, settings }: Store): Verdict {
  const there = seen.internal.get(topic)
  const setting = `${settings}.replication.factor`
  const factor = settingOf(seen, setting)
  const remedy = `${setting}=${Math.min(3, seen.brokers)} in the brokers' configuration, before the first start`
  if (there === undefined) {
    if (factor === undefined) return untold(setting)
    if (highest(factor) > seen.brokers)
      return bad(
        `${setting} ${highest(factor)}, but only ${seen.brokers} ${seen.brokers === 1 ? 'broker' : 'brokers'}: ${topic} cannot be made`,
        remedy,
      )
    return ok('none yet')
  }
  const least = Number(there.config['min.insync.replicas'] ?? 1)
  if (there.leaderless > 0 || there.inSync < least)
    return bad(
      `${topic} has ${there.inSync} copies in sync and needs ${least}: nothing can be committed`,
      'bring back the brokers that are away, or set its min.insync.replicas to what it has',
    )
  if (seen.brokers > 1 && there.copies === 1)
    return warn(
      `${topic} has one copy: without that broker nothing is committed`,
      'kafka-reassign-partitions, to 3 copies',
    )
  return ok(`${topic} has ${there.copies === 1 ? 'one copy' : `${there.copies} copies`}`)
}

const MINUTE_MS = 60_000

const offsetsKept: KafkaCheck = check('offsets', (seen) => {
  const minutes = settingOf(seen, 'offsets.retention.minutes')
  if (minutes === undefined) return untold('offsets.retention.minutes')
  const kept = lowest(minutes) * MINUTE_MS
  const counted = seen.topics.filter((topic) => seen.wanted.counted.has(topic.name))
  const longest = Math.max(0, ...counted.map(({ config }) => keptFor(config)))
  if (kept >= longest) return ok(`kept for ${duration(kept)}`)
  return warn(
    `kept for ${duration(kept)} and records for ${duration(longest)}: a sink that is stopped for longer than these ${duration(kept)} has to go by the rows that it finds, and sets aside again what it has set aside since the last of them`,
    `offsets.retention.minutes=${Math.ceil(longest / MINUTE_MS)} in the brokers' configuration`,
  )
})

/** Milliseconds; 0 for a topic from which age deletes nothing. */
const keptFor = (config: Readonly<Record<string, string>>) =>
  config['cleanup.policy']?.includes('delete') === true ? Number(config['retention.ms'] ?? 0) : 0

/** A setting that no broker should have on. `off`: what is so without it; `why`: what comes of it. */
const switchedOff = (name: string, setting: string, { off, why }: { off: string; why: string }): KafkaCheck =>
  check(name, (seen) => {
    const values = settingOf(seen, setting)
    if (values === undefined) return untold(setting)
    if (!values.includes('true')) return ok(off)
    return warn(`${setting} true: ${why}`, `${setting}=false in the brokers' configuration`)
  })

const newTopics = switchedOff('new topics', 'auto.create.topics.enable', {
  off: 'are made by who means to',
  why: "a topic that is asked for too early or by a wrong name comes to be, with the broker's partitions and retention",
})

const leaders = switchedOff('leaders', 'unclean.leader.election.enable', {
  off: 'have all that was acknowledged',
  why: 'a copy that lacks rows may become the leader, and they are lost',
})

/** What brokers are set to. */
export const brokerChecks: readonly KafkaCheck[] = [
  version,
  transactions,
  groups,
  offsetsKept,
  newTopics,
  leaders,
]
