import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createServer } from 'node:tls'
import { Redis } from 'ioredis'
import pino from 'pino'
import { channels, ownChannels } from '../../../schemas/channels.ts'
import { testCertificate } from '../../../gateway/push/sandbox/test-authority.ts'
import { redisConnection } from '../../../gateway/live/redis.ts'
import { services } from '../../kit/services.ts'
import { until } from '../../kit/until.ts'
import { runCli } from '../kit/cli.ts'
import { testGateway } from '../kit/gateway.ts'
import { testPublisher } from '../kit/publisher.ts'
import { rawClient } from '../kit/raw-client.ts'

/** What the README has the gateway's user be allowed. */
const rules = (prefix: string) => [
  `~${prefix}*`,
  `&${prefix}*`,
  ...'+@read +@write +@pubsub +@transaction +@scripting +@connection -@dangerous +info +time'.split(' '),
]

/** A user of Redis who may do as much as the gateway needs. */
async function redisUser(t: TestContext) {
  const { redisUrl } = await services()
  const admin = new Redis(redisUrl)
  const keyPrefix = `test-${randomUUID()}:`
  const [user, password] = [`user-${randomUUID()}`, randomUUID()]
  await admin.acl('SETUSER', user, 'reset', 'on', `>${password}`, ...rules(keyPrefix))
  t.after(async () => {
    await admin.acl('DELUSER', user)
    admin.disconnect()
  })
  const url = new URL(redisUrl)
  Object.assign(url, { username: user, password })
  const denials = async () =>
    ((await admin.acl('LOG')) as string[][])
      .filter((entry) => entry.includes(user))
      .map((entry) => entry.join(' '))
  return { admin, redisUrl, keyPrefix, url: url.href, password, denials }
}

/** Redis behind TLS. */
async function behindTls(t: TestContext, redisUrl: string) {
  const { ca, cert, key } = await testCertificate()
  const { port, hostname } = new URL(redisUrl)
  const server = createServer({ cert, key }, (near) => {
    const far = connect(Number(port), hostname)
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => (near.destroy(), far.destroy()))
  })
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = new URL(redisUrl)
  Object.assign(url, { port: String((server.address() as AddressInfo).port) })
  return { ca, url: url.href.replace('redis:', 'rediss:') }
}

test('as a user who may touch its own keys and channels alone, the gateway does all that it does', async (t) => {
  const { redisUrl, keyPrefix, url, denials } = await redisUser(t)
  const channel = channels.topArtists
  const publisher = testPublisher({ redisUrl, keyPrefix, channel })
  t.after(() => publisher.close())
  await publisher.publish(1)
  const clientLimits = { connectsPerMinute: 100, commandsPerMinute: 100 }
  const gateway = await testGateway(t, { redisUrl: url, keyPrefix, clientLimits })
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  raw.send({ id: 2, subscribe: { channel, recover: true, epoch: '', offset: 0 } })
  raw.send({ id: 3, subscribe: { channel: ownChannels.recommendations } })
  assert.ok((await raw.reply(2)).subscribe && (await raw.reply(3)).subscribe)
  await publisher.publish(2)
  await until(() => raw.frames.some((frame) => frame.push?.pub), { what: 'the publication' })
  raw.close()
  await until(async () => (await gateway.metric('continuo_gateway_connections')) === 0, { what: 'the close' })
  await gateway.stop()
  assert.deepEqual(await denials(), [])
  assert.ok(!/"level":[456]0/.test(gateway.logged()), gateway.logged())
})

test('that user reads nothing of another prefix', async (t) => {
  const { admin, url } = await redisUser(t)
  const foreign = `test-${randomUUID()}:secret`
  await admin.set(foreign, 'x', 'EX', 10)
  const redis = new Redis(url)
  t.after(() => redis.disconnect())
  await assert.rejects(redis.get(foreign), /NOPERM/)
  await assert.rejects(redis.ssubscribe(foreign), /NOPERM/)
  await assert.rejects(redis.keys('*'), /NOPERM/)
})

test('where its user may not write, a gateway is not ready, although Redis answers; a verb says in one line what is refused', async (t) => {
  const { url, password } = await redisUser(t)
  const gateway = await testGateway(t, { redisUrl: url, keyPrefix: `test-${randomUUID()}:` })
  assert.match(gateway.logged(), /NOPERM/)
  assert.equal(gateway.ready(), false)
  const cli = runCli(t, ['gateway', 'nodes'], { REDIS_URL: url, REDIS_PREFIX: 'another:' })
  assert.equal(await cli.ended, 1)
  assert.match(cli.stderr(), /^continuo: Redis at \S+ \(REDIS_URL\) refuses: NOPERM [^\n]*\n$/)
  assert.ok(!cli.stderr().includes(password))
})

test('rediss:// is TLS by an authority that is trusted; to another one nothing is said, a password least of all', async (t) => {
  const { keyPrefix, url, password } = await redisUser(t)
  const secure = await behindTls(t, url)
  const folder = await mkdtemp(join(tmpdir(), 'continuo-redis-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'ca.pem'), secure.ca)
  const env = { REDIS_URL: secure.url, REDIS_PREFIX: keyPrefix, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }
  const cli = runCli(t, ['gateway', 'revoke', '--token', 'token-1'], env)
  assert.equal(await cli.ended, 0, cli.stderr())
  assert.equal(cli.stdout(), 'revoked; 0 gateways have been told\n')

  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) })
  const redis = redisConnection(secure.url, log)
  t.after(() => redis.disconnect())
  redis.connect().catch(() => undefined)
  await until(() => lines.length > 0, { what: 'the refusal' })
  assert.match(lines.join(), /unable to verify the first certificate/)
  assert.ok(!lines.join().includes(password))
  assert.notEqual(redis.status, 'ready')
})
