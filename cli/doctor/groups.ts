import { clickhouseChecks } from '../../sinks/clickhouse/promises/promises.ts'
import { lookAtTables } from './clickhouse.ts'
import { clockCheck } from './clock.ts'
import { type LookAtGroup, here, service } from './group.ts'
import { brokerChecks } from './kafka/broker-checks.ts'
import { lookAtKafka } from './kafka/look.ts'
import { topicChecks } from './kafka/topic-checks.ts'
import { keyChecks, lookAtKeys } from './keys.ts'
import { lookAtRedis, redisChecks } from './redis.ts'
import { lookAtRegistry, registryChecks } from './registry.ts'

const clock = clockCheck('look again in a second')
const brokersClock = clockCheck('look again while `continuo run` runs: brokers stamp what it writes')

/** All that the doctor looks at, in the order in which it tells of it. */
export const groups: readonly LookAtGroup[] = [
  here('Keys', lookAtKeys, keyChecks),
  service('kafka', 'Kafka', lookAtKafka, [...brokerChecks, ...topicChecks, brokersClock]),
  service('schemaRegistry', 'Schema registry', lookAtRegistry, registryChecks),
  service('redis', 'Redis', lookAtRedis, [...redisChecks, clock]),
  service('clickhouse', 'ClickHouse', lookAtTables, [...clickhouseChecks, clock]),
]
