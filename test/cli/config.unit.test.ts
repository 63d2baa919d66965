import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ConfigError, loadConfig, loadKeys } from '../../cli/config.ts'

/** The message with which an environment is refused. */
function refusal(load: () => unknown): string {
  try {
    load()
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message
  }
  return 'accepted'
}

test('without any variable everything is where it is on a developer’s machine', () => {
  const config = loadConfig({})
  assert.deepEqual(config.KAFKA_BROKERS, ['localhost:9092'])
  assert.deepEqual([config.TOPIC_PREFIX, config.KAFKA_TLS, config.ca], ['', false, undefined])
  assert.deepEqual(
    [config.GATEWAY_HOST, config.DASHBOARD_HOST, config.HEALTH_HOST],
    Array(3).fill('127.0.0.1'),
  )
})

test('what the environment says is taken', () => {
  const config = loadConfig({
    KAFKA_BROKERS: 'a.example:9092, b.example:9093',
    KAFKA_TLS: 'true',
    REDIS_URL: 'rediss://user:secret@r.example:6380/1',
    SCHEMA_REGISTRY_URL: 'https://registry.example',
    COMMIT_GAP_MS: '0',
    PARTITIONS: '12',
    TOPIC_PREFIX: 'staging.',
  })
  assert.deepEqual(config.KAFKA_BROKERS, ['a.example:9092', 'b.example:9093'])
  assert.deepEqual([config.KAFKA_TLS, config.COMMIT_GAP_MS, config.PARTITIONS], [true, 0, 12])
  assert.equal(config.REDIS_URL, 'rediss://user:secret@r.example:6380/1')
})

describe('a bad variable is refused by its name, with what it should be', () => {
  const cases: [name: string, value: string, expected: RegExp][] = [
    ['KAFKA_BROKERS', 'localhost', /expected host:port/],
    ['KAFKA_BROKERS', '', /expected host:port/],
    ['KAFKA_TLS', 'perhaps', /expected a bool/],
    ['KAFKA_SASL_MECHANISM', 'gssapi', /expected one of .*plain,scram-sha-256,scram-sha-512/],
    ['SCHEMA_REGISTRY_URL', 'redis://localhost', /expected a URL like http:\/\/.*https:/],
    ['REDIS_URL', 'http://localhost', /expected a URL like redis:\/\/.*rediss:/],
    ['REDIS_URL', 'redis://one:6379,redis://two:x', /expected a URL like redis:\/\//],
    ['CLICKHOUSE_URL', 'localhost:8123', /expected a URL like http:\/\/.*https:/],
    ['TOKEN_JWKS_URL', 'http://login.example/jwks.json', /expected a URL like https:/],
    ['TOKEN_JWKS_URL', 'http://localhost.example/jwks.json', /expected a URL like https:/],
    ['TOKEN_JWKS_URL', 'https://me:secret@login.example/jwks.json', /without user and password/],
    ['TOKEN_TOLERANCE_S', '11', /seconds from 0 to 10/],
    ['TOKEN_TOLERANCE_S', '', /seconds from 0 to 10/],
    ['TOPIC_PREFIX', 'my topics/', /only letters, digits, dot, dash and underscore/],
    ['PARTITIONS', '0', /whole number of at least 1/],
    ['PARTITIONS', '1.5', /whole number of at least 1/],
    ['REPLICATION_FACTOR', 'three', /whole number of at least 1/],
    ['COMMIT_GAP_MS', '-1', /number of at least 0/],
    ['COMMIT_GAP_MS', ' ', /number of at least 0/],
    ['PLAYS_PER_SECOND', 'Infinity', /number of at least 0/],
    ['DEDUPLICATION_HOURS', '0', /whole number of at least 1/],
    ['K_ANONYMITY', '0', /whole number from 1 \(your own data alone\) to 100/],
    ['K_ANONYMITY', '101', /whole number from 1/],
    ['HEALTH_PORT', '70000', /expected a port/],
    ['GATEWAY_HOST', 'not a host', /expected a host/],
    ['GATEWAY_PUBLIC_URL', 'https://node-1.music.example', /expected a URL like wss:/],
    ['GATEWAY_PUBLIC_URL', 'wss://node-1.music.example', /a URL like wss:\S+\/connection\/websocket/],
    ['GATEWAY_URL', 'https://live.music.example', /a URL like wss:\S+\/connection\/websocket/],
    ['GATEWAY_SESSIONS_PER_LISTENER', '1.5', /expected a whole number, or 0 for no limit/],
    ['GATEWAY_TRUSTED_PROXIES', '0.5', /whole number of at least 0/],
    ['GATEWAY_CAPACITY', '0', /whole number of at least 1/],
    ['VAPID_PUBLIC_KEY', 'short', /expected the 65 bytes of a public key/],
    ['VAPID_PUBLIC_KEY', 'A'.repeat(87), /expected the 65 bytes of a public key/],
    ['REDIS_URL', 'redis://localhost:6379/music', /only the number of a database may follow/],
    ['REDIS_URL', 'redis://:50%off@localhost:6379', /write % as %25/],
    ['REDIS_URL', 'redis://a%:41b@localhost:6379', /write % as %25/],
    ['LOG_LEVEL', 'loud', /expected one of .*debug,info,warn/],
  ]
  for (const [name, value, expected] of cases)
    test(`${name}="${value}"`, () => {
      const message = refusal(() => loadConfig({ [name]: value }))
      assert.match(message, new RegExp(`^${name}: .*${expected.source}`))
    })

  test('all bad variables are told at once', () => {
    const message = refusal(() => loadConfig({ PARTITIONS: '0', KAFKA_BROKERS: '?' }))
    assert.match(message, /KAFKA_BROKERS: /)
    assert.match(message, /PARTITIONS: /)
  })

  test('a mechanism without a user', () => {
    const message = refusal(() =>
      loadConfig({ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: 'hunter2' }),
    )
    assert.equal(message, 'KAFKA_SASL_USERNAME is not set, but KAFKA_SASL_MECHANISM is plain')
  })

  test('state on disk without a folder for it, or with a guarantee that does without', () => {
    assert.match(
      refusal(() => loadConfig({ STATE_STORE: 'disk' })),
      /^state is to be kept on disk, and nobody says where: set STATE_DIR/,
    )
    assert.match(
      refusal(() =>
        loadConfig({ STATE_STORE: 'disk', STATE_DIR: '/state', PROCESSING_GUARANTEE: 'at-least-once' }),
      ),
      /^state cannot be kept on disk with at-least-once, .*set PROCESSING_GUARANTEE to exactly-once/,
    )
    assert.equal(loadConfig({ STATE_STORE: 'disk', STATE_DIR: '/state' }).STATE_DIR, '/state')
  })

  test('a certificate authority that cannot be read', () => {
    assert.match(
      refusal(() => loadConfig({ KAFKA_TLS_CA: '/nowhere/ca.pem' })),
      /^KAFKA_TLS_CA: cannot read \/nowhere\/ca.pem/,
    )
  })
})

test('the certificate authority is read from its file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-config-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'ca.pem')
  await writeFile(file, 'CERTIFICATE')
  assert.equal(loadConfig({ KAFKA_TLS_CA: file }).ca, 'CERTIFICATE')
  const origin = 'https://localhost:9443'
  assert.deepEqual(loadConfig({ PUSH_ALLOWED_ORIGIN: origin, PUSH_ALLOWED_ORIGIN_CA: file }).pushSandbox, {
    origin,
    ca: 'CERTIFICATE',
  })
})

for (const [name, value, told] of [
  ['PARTITIONS', 'two', ', not "two"'],
  ['GATEWAY_PORT', '80x', ', not "80x"'],
  ['KAFKA_BROKERS', 'localhost', ', not "localhost"'],
  ['LOG_LEVEL', 'loud', ', not "loud"'],
  ['KAFKA_SASL_MECHANISM', 'hunter2', ''],
] as const)
  test(`${name}="${value}" is refused ${told === '' ? 'without repeating it' : 'with what was given'}`, () => {
    const message = refusal(() => loadConfig({ [name]: value }))
    assert.ok(told === '' ? !message.includes(value) : message.endsWith(told), message)
  })

test('no message repeats a value that may be a secret, whatever variable it has got into', () => {
  const files = ['ca', 'KAFKA_TLS_CA', 'pushSandbox', 'PUSH_ALLOWED_ORIGIN_CA']
  const names = Object.keys(loadConfig({})).filter((name) => !files.includes(name))
  const long = fc.stringMatching(/^[\w:/@ "\n-]{10}S3CRET[\w:/@ "\n-]{10,20}$/)
  const inUrl = fc.stringMatching(/^[\w:-]{0,5}[/@][\w:-]{0,5}S3CRET[\w:/@ "\n-]{0,5}$/)
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.oneof(long, inUrl), (name, value) => {
      assert.doesNotMatch(
        refusal(() => loadConfig({ [name]: value })),
        /S3CRET/i,
      )
    }),
    { numRuns: 1_000 },
  )
})

describe('a key', () => {
  const bytes = Buffer.from([...Array(32).keys()])

  test('is 32 bytes in base64', () => {
    const env = { PSEUDONYM_KEY: bytes.toString('base64') }
    assert.deepEqual(loadKeys(['PSEUDONYM_KEY'], env), { PSEUDONYM_KEY: bytes })
  })

  test('has no default: without it the process refuses to start, and says how to get one', () => {
    assert.match(
      refusal(() => loadKeys(['PSEUDONYM_KEY'], {})),
      /^PSEUDONYM_KEY is not set.*openssl rand -base64 32.*continuo start --dev/,
    )
  })

  test('all that are missing are told at once', () => {
    assert.match(
      refusal(() => loadKeys(['PSEUDONYM_KEY', 'DEAD_LETTER_KEY'], {})),
      /^PSEUDONYM_KEY and DEAD_LETTER_KEY are not set\. [^\n]*$/,
    )
  })

  test('of another length is refused, by its length alone', () => {
    for (const value of ['', 'S3CRET', bytes.toString('hex'), bytes.subarray(1).toString('base64')]) {
      const message = refusal(() => loadKeys(['DEAD_LETTER_KEY'], { DEAD_LETTER_KEY: value }))
      assert.match(message, /^DEAD_LETTER_KEY: expected 32 bytes in base64, got \d+; make one with: openssl/)
      assert.ok(value === '' || !message.includes(value))
    }
  })
})
