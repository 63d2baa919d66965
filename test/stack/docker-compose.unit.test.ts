import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import { serviceDefinitions, serviceNames, type ServiceName } from '../../stack/index.ts'
import { brokerSettings } from '../../stack/services/kafka.ts'
import versions from '../../stack/versions.json' with { type: 'json' }

interface Compose {
  services: Record<
    string,
    { image: string; ports: string[]; environment?: Record<string, unknown>; healthcheck?: object }
  >
}

const file = new URL('../../docker-compose.yml', import.meta.url)
const compose = parse(readFileSync(file, 'utf8')) as Compose

const inCompose: Record<ServiceName, string> = {
  kafka: 'kafka',
  schemaRegistry: 'schema-registry',
  redis: 'redis',
  clickhouse: 'clickhouse',
}

function composed(name: ServiceName) {
  const service = compose.services[inCompose[name]]
  assert.ok(service, `docker-compose.yml has no service ${inCompose[name]}`)
  return service
}

/**
 * The specification's own schema, byte for byte: schema/compose-spec.json of https://github.com/compose-spec/compose-spec
 * (Apache-2.0).
 */
function composeSchema() {
  const schema = JSON.parse(readFileSync(new URL('./compose-spec.schema.json', import.meta.url), 'utf8')) as {
    $schema?: string
  }
  // The draft that ajv is for, by an address that it does not know.
  delete schema.$schema
  const ajv = new Ajv({ strict: false })
  addFormats.default(ajv, ['duration'])
  return ajv.compile(schema)
}

test('docker-compose.yml is a compose file as the specification has it', () => {
  const valid = composeSchema()
  assert.ok(valid(compose), JSON.stringify(valid.errors, null, 2))
  assert.equal(valid({ services: { kafka: { image: 1 } } }), false)
})

for (const name of serviceNames) {
  const { title, portVariable, defaultPort } = serviceDefinitions[name]

  test(`${title} is the pinned image, on this machine's usual port, with a health check`, () => {
    const { image, ports, healthcheck } = composed(name)
    assert.equal(image, versions[name].image)
    assert.ok(ports[0]?.startsWith(`127.0.0.1:\${${portVariable}:-${defaultPort}}:`), ports[0])
    assert.ok(healthcheck)
  })
}

test('the image and the local process of a service have the same version', () => {
  const minor = (version: string) => /(\d+\.\d+)/.exec(version)?.[1]
  const imageVersion = (name: ServiceName) => minor(versions[name].image.split(':')[1] ?? '')
  assert.equal(imageVersion('kafka'), minor(versions.kafka.maven.split(':')[2] ?? ''))
  assert.equal(imageVersion('schemaRegistry'), minor(versions.schemaRegistry.maven.split(':')[2] ?? ''))
  assert.equal(imageVersion('redis'), minor(versions.redis.wheel.split('==')[1] ?? ''))
  assert.equal(imageVersion('clickhouse'), minor(versions.clickhouse.npm.split('@').at(-1) ?? ''))
})

test('the broker in the container has the settings of the local one', () => {
  const { environment = {} } = composed('kafka')
  for (const [setting, value] of Object.entries(brokerSettings)) {
    const variable = `KAFKA_${setting.toUpperCase().replaceAll('.', '_')}`
    assert.equal(String(environment[variable]), String(value), variable)
  }
})
