import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokerChecks } from '../../../cli/doctor/kafka/broker-checks.ts'
import type { SeenKafka, SeenTopic } from '../../../cli/doctor/kafka/look.ts'
import { topicChecks } from '../../../cli/doctor/kafka/topic-checks.ts'

const DAY = 86_400_000

const topicOf = (name: string, more: Partial<SeenTopic> = {}): SeenTopic => ({
  name,
  partitions: 2,
  copies: 3,
  inSync: 3,
  leaderless: 0,
  config: {
    'cleanup.policy': 'delete',
    'retention.ms': String(30 * DAY),
    'max.message.bytes': '1048588',
    'min.insync.replicas': '2',
  },
  ...more,
})

const broker = {
  'transaction.max.timeout.ms': '900000',
  'transaction.state.log.replication.factor': '3',
  'offsets.topic.replication.factor': '3',
  'group.min.session.timeout.ms': '6000',
  'group.max.session.timeout.ms': '1800000',
  'offsets.retention.minutes': '43200',
  'auto.create.topics.enable': 'false',
  'unclean.leader.election.enable': 'false',
}

const wanted: SeenKafka['wanted'] = {
  all: [],
  migrated: new Set(),
  applied: new Set(),
  raw: new Set(),
  counted: new Set(['plays-clean']),
  copies: 3,
  guarantee: 'exactly-once',
  brokers: 'a:9092',
}

const fine: SeenKafka = {
  brokers: 3,
  requests: { 3: { maxVersion: 13 }, 28: { maxVersion: 5 } },
  steps: [],
  wanted,
  clock: undefined,
  settings: [broker, broker, broker],
  topics: [topicOf('plays-clean')],
  internal: new Map(['__consumer_offsets', '__transaction_state'].map((name) => [name, topicOf(name)])),
}

const notOk = (seen: Partial<SeenKafka>) =>
  [...brokerChecks, ...topicChecks]
    .map((check) => check({ ...fine, ...seen }))
    .filter(({ state }) => state !== 'ok')
    .map(({ name, state, found }) => `${name}, ${state}: ${found}`)

/** One of the brokers is set otherwise. */
const oneBroker = (name: string, value: string) =>
  notOk({ settings: [broker, { ...broker, [name]: value }, broker] })

const is = (found: readonly string[], ...patterns: RegExp[]) => {
  assert.equal(found.length, patterns.length, found.join('\n'))
  for (const [at, pattern] of patterns.entries()) assert.match(found[at]!, pattern)
}

test('three brokers with three copies are in order', () => {
  is(notOk({}))
})

test('what one broker is set to counts for all', () => {
  is(
    oneBroker('transaction.max.timeout.ms', '5000'),
    /^transactions, bad: .*no topology can begin one of 10000$/,
  )
  is(oneBroker('group.min.session.timeout.ms', '10000'), /^groups, bad: sessions of 10000 to 1800000 ms/)
  is(oneBroker('group.max.session.timeout.ms', '5000'), /^groups, bad: sessions of 6000 to 5000 ms/)
  is(
    oneBroker('offsets.retention.minutes', '10080'),
    /^offsets, warn: kept for 7 days and records for 30 days: /,
  )
  is(oneBroker('auto.create.topics.enable', 'true'), /^new topics, warn: /)
  is(oneBroker('unclean.leader.election.enable', 'true'), /^leaders, warn: /)
})

test('without transactions nobody asks for them', () => {
  const atLeastOnce = { wanted: { ...wanted, guarantee: 'at-least-once' as const } }
  is(notOk({ ...atLeastOnce, settings: [{ ...broker, 'transaction.max.timeout.ms': '1' }] }))
})

test('brokers that do not tell what they are set to are not taken for good or bad', () => {
  const untold = notOk({ settings: undefined })
  assert.deepEqual(
    untold.map((line) => line.split(':')[0]),
    ['transactions', 'groups', 'offsets', 'new topics', 'leaders'].map((name) => `${name}, unknown`),
  )
})

test("Kafka's own topics: more copies than brokers, too few in sync, one copy amid three brokers", () => {
  const none = { brokers: 1, settings: [broker], internal: new Map<string, SeenTopic>() }
  is(
    notOk(none),
    /^transactions, bad: transaction.state.log.replication.factor 3, but only 1 broker: __transaction_state cannot/,
    /^groups, bad: offsets.topic.replication.factor 3, but only 1 broker/,
  )
  const withState = (more: Partial<SeenTopic>) =>
    notOk({
      internal: new Map([...fine.internal, ['__transaction_state', topicOf('__transaction_state', more)]]),
    })
  is(withState({ inSync: 1 }), /^transactions, bad: .* has 1 copies in sync and needs 2/)
  is(withState({ leaderless: 1 }), /^transactions, bad: /)
  const alone = { copies: 1, inSync: 1, config: { 'min.insync.replicas': '1' } }
  is(withState(alone), /^transactions, warn: .* has one copy/)
})

test('copies of topics, and how many must have what is acknowledged', () => {
  const withTopic = (more: Partial<SeenTopic>) => notOk({ topics: [topicOf('plays-clean', more)] })
  const { config } = topicOf('plays-clean')
  const lax = { ...config, 'min.insync.replicas': '1' }
  is(
    withTopic({ copies: 1, inSync: 1, config: lax }),
    /^copies, warn: 3 brokers, but one copy of plays-clean/,
  )
  is(withTopic({ copies: 2, inSync: 2 }), /^copies, warn: REPLICATION_FACTOR is 3, but plays-clean has 2$/)
  is(withTopic({ inSync: 2 }), /^in sync, warn: a copy is away or behind of plays-clean$/)
  is(
    withTopic({ inSync: 1 }),
    /^in sync, bad: no writes are taken by plays-clean \(min.insync.replicas 2, in sync 1 of 3\)$/,
  )
  is(withTopic({ leaderless: 1 }), /^in sync, bad: /)
  is(withTopic({ config: lax }), /^in sync, warn: min.insync.replicas 1: /)
})

test('a broker without ids of topics, and one without fencing by generation', () => {
  is(notOk({ requests: { 3: { maxVersion: 9 }, 28: { maxVersion: 3 } } }), /^version, warn: older than 2.8/)
  is(notOk({ requests: { 3: { maxVersion: 9 }, 28: { maxVersion: 2 } } }), /^version, bad: older than 2.5/)
})
