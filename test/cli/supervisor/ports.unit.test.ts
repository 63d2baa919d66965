import assert from 'node:assert/strict'
import { test } from 'node:test'
import { portFrom, roleSpecs } from '../../../cli/supervisor/roles.ts'
import { missingServices } from '../../../cli/supervisor/services.ts'

test('a port comes from its variable, else it is the usual one', () => {
  assert.equal(portFrom({}, 'RUN_HEALTH_PORT', 9101), 9101)
  assert.equal(portFrom({ RUN_HEALTH_PORT: '' }, 'RUN_HEALTH_PORT', 9101), 9101)
  assert.equal(portFrom({ RUN_HEALTH_PORT: '7000' }, 'RUN_HEALTH_PORT', 9101), 7000)
  for (const text of ['0', '65536', '80x', '-1', '1e3'])
    assert.throws(() => portFrom({ RUN_HEALTH_PORT: text }, 'RUN_HEALTH_PORT', 9101), {
      name: 'ConfigError',
      message: `RUN_HEALTH_PORT: expected a port from 1 to 65535, not "${text}"`,
    })
})

test('every role has a health port of its own', () => {
  const specs = roleSpecs({}, { dev: false, simulator: true })
  assert.deepEqual(
    specs.map(({ verb, healthPort }) => `${verb} ${healthPort}`),
    [
      'simulate 9105',
      'trainer 9107',
      'dashboard 9104',
      'gateway 9103',
      'push 9108',
      'run 9101',
      'sinks 9102',
    ],
  )
})

test('services that the environment names are not started', () => {
  assert.deepEqual(missingServices({ KAFKA_BROKERS: 'kafka:9092', REDIS_URL: '' }), [
    'schemaRegistry',
    'redis',
    'clickhouse',
  ])
})
