import { BYTES_A_BATCH } from '../../../pipelines/engine/kafka/outgoing-batches.ts'
import type { TopicStep } from '../../../pipelines/engine/kafka/plan-topics.ts'
import { type Check, bad, check, ok, warn } from '../../../sinks/finding.ts'
import { humanised, tellStep } from '../../topics/tell-step.ts'
import { some } from '../some.ts'
import type { SeenKafka, SeenTopic } from './look.ts'

type KafkaCheck = Check<SeenKafka>
type Setting = Extract<TopicStep, { kind: 'set' }>

const topicsThere: KafkaCheck = check('topics', ({ topics, wanted: { migrated }, steps }) => {
  const missing = steps.flatMap((step) =>
    step.kind === 'create' && migrated.has(step.spec.topic) ? [step.spec.topic] : [],
  )
  if (missing.length > 0) return bad(`missing: ${some(missing)}`, '`continuo migrate`')
  const unmade = steps.filter(({ kind }) => kind === 'create').length
  const later = unmade === 0 ? '' : `; ${unmade} more are made when they are needed`
  return ok(`${topics.length} are there${later}`)
})

const partitions: KafkaCheck = check('partitions', ({ steps }) => {
  const refused = steps.filter((step) => step.kind === 'refuse')
  if (refused.length === 0) return ok('as many as they were made with')
  const [remedy = ''] = refused.map((step) => /: (set PARTITIONS.*)$/.exec(tellStep(step))?.[1] ?? '')
  const told = refused.map(
    ({ topic, partitions: { found, wanted } }) => `${topic} has ${found}, not ${wanted}`,
  )
  return bad(some(told), remedy)
})

/** Settings of topics of which there are others than they should be. */
function settings(
  seen: SeenKafka,
  concerns: (name: string) => boolean,
  matters: (setting: Setting) => boolean = () => true,
): Setting[] {
  return seen.steps.filter(
    (step): step is Setting => step.kind === 'set' && concerns(step.name) && matters(step),
  )
}

/** What is set otherwise than it should be, and how that is mended. */
function otherThan(others: readonly Setting[], { wanted }: SeenKafka): [found: string, remedy: string] {
  const told = others.map(
    ({ topic, name: setting, from = 'not set', to }) =>
      `${topic}: ${setting} ${humanised(setting, from)}, not ${humanised(setting, to)}`,
  )
  const byHand = others
    .filter(({ topic }) => !wanted.applied.has(topic))
    .map(
      ({ topic, name: setting, to }) =>
        `kafka-configs --bootstrap-server ${wanted.brokers} --alter --entity-type topics --entity-name ${topic} --add-config '${setting}=[${to}]'`,
    )
  const remedies = [
    ...(byHand.length < others.length ? ['`continuo topics plan`, then `continuo topics apply`'] : []),
    ...byHand,
  ]
  return [some(told), some(remedies, '\n')]
}

const POLICY = 'cleanup.policy'
const STAMPS = 'message.timestamp.type'
const LARGEST = 'max.message.bytes'

const cleanup: KafkaCheck = check('cleanup', (seen) => {
  const others = settings(seen, (setting) => setting === POLICY)
  if (others.length > 0) return bad(...otherThan(others, seen))
  return ok('deleted by age or compacted, each as its readers take it')
})

const timestamps: KafkaCheck = check('timestamps', (seen) => {
  const others = settings(seen, (setting) => setting === STAMPS)
  if (others.length > 0) return bad(...otherThan(others, seen))
  return ok('raw topics are stamped by the brokers')
})

const retention: KafkaCheck = check('retention', (seen) => {
  const others = settings(seen, (setting) => ![POLICY, STAMPS, LARGEST].includes(setting))
  const isLonger = ({ from = '', to }: Setting) => Number(from) < 0 || Number(from) > Number(to)
  const named = others.filter((setting) => seen.wanted.raw.has(setting.topic) && isLonger(setting))
  if (named.length > 0) {
    const [found, remedy] = otherThan(named, seen)
    return bad(`people are named for longer: ${found}`, remedy)
  }
  if (others.length > 0) return warn(...otherThan(others, seen))
  return ok('as schemas/topics.ts says')
})

const recordSize: KafkaCheck = check('record size', (seen) => {
  const smaller = settings(
    seen,
    (setting) => setting === LARGEST,
    ({ from, to }) => Number(from) < Number(to),
  )
  if (smaller.length > 0) return bad(...otherThan(smaller, seen))
  const tight = seen.topics.filter(({ config }) => Number(config[LARGEST]) < BYTES_A_BATCH)
  if (tight.length === 0) return ok(`batches of ${BYTES_A_BATCH} bytes and the largest letters fit`)
  const told = tight.map(({ name: topic, config }) => `${topic}: ${LARGEST} ${config[LARGEST]}`)
  return bad(
    `batches of ${BYTES_A_BATCH} bytes are refused by ${some(told)}`,
    `message.max.bytes=1048588 in the brokers' configuration, or ${LARGEST} of these topics`,
  )
})

const copies: KafkaCheck = check('copies', ({ brokers, topics, wanted }) => {
  if (brokers === 1) return ok('one broker, so one of each topic')
  const remedy = 'REPLICATION_FACTOR=3 for topics to come; kafka-reassign-partitions for those that there are'
  const alone = topics.filter((topic) => topic.copies === 1)
  if (alone.length > 0)
    return warn(
      `${brokers} brokers, but one copy of ${some(alone.map((topic) => topic.name))}: what is on a broker that is lost is lost`,
      remedy,
    )
  const fewer = topics.filter((topic) => topic.copies < wanted.copies)
  if (fewer.length === 0) return ok(`${lowestOf(topics)} or more of each topic`)
  const told = fewer.map((topic) => `${topic.name} has ${topic.copies}`)
  return warn(`REPLICATION_FACTOR is ${wanted.copies}, but ${some(told)}`, remedy)
})

const lowestOf = (topics: readonly SeenTopic[]) => Math.min(...topics.map((topic) => topic.copies))

const leastInSync = ({ config }: SeenTopic) => Number(config['min.insync.replicas'] ?? 1)

const writable: KafkaCheck = check('in sync', ({ topics }) => {
  const refusing = topics.filter((topic) => topic.leaderless > 0 || topic.inSync < leastInSync(topic))
  if (refusing.length > 0) {
    const told = refusing.map(
      (topic) =>
        `${topic.name} (min.insync.replicas ${leastInSync(topic)}, in sync ${topic.inSync} of ${topic.copies})`,
    )
    const remedy = refusing.some((topic) => leastInSync(topic) > topic.copies)
      ? 'min.insync.replicas is more than there are copies: set it to one less than these'
      : 'bring back the brokers that are away'
    return bad(`no writes are taken by ${some(told)}`, remedy)
  }
  const behind = topics.filter((topic) => topic.inSync < topic.copies)
  if (behind.length > 0)
    return warn(
      `a copy is away or behind of ${some(behind.map((topic) => topic.name))}`,
      'look at the brokers: one is away or too slow',
    )
  const unsure = topics.filter((topic) => topic.copies > 2 && leastInSync(topic) < 2)
  if (unsure.length === 0) return ok('all copies have everything')
  return warn(
    `min.insync.replicas 1: what one broker has acknowledged alone can be lost with it, of ${some(unsure.map((topic) => topic.name))}`,
    "min.insync.replicas=2 in the brokers' configuration",
  )
})

/** What topics of Continuo are set to. */
export const topicChecks: readonly KafkaCheck[] = [
  topicsThere,
  partitions,
  copies,
  writable,
  cleanup,
  retention,
  recordSize,
  timestamps,
]
