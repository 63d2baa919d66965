import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { jwtVerify } from 'jose'
import { mintToken } from '../../gateway/live/access/mint-token.ts'
import { channels } from '../../schemas/channels.ts'
import { pseudonyms } from '../../schemas/pseudonym.ts'
import { freePort } from '../../stack/ports.ts'
import { services } from '../kit/services.ts'
import { until } from '../kit/until.ts'
import { cliKeys, runCli, type RunningCli } from './kit/cli.ts'
import { testGateway, tokenSettings } from './kit/gateway.ts'
import { testPublisher } from './kit/publisher.ts'
import { rawClient } from './kit/raw-client.ts'
import { listen, sdkClient } from './kit/sdk-client.ts'

const channel = channels.topArtists

const usable = (cli: RunningCli, port: number, path: string) =>
  until(
    async () => {
      assert.equal(cli.process.exitCode, null, cli.stderr())
      return (await fetch(`http://127.0.0.1:${port}${path}`)).ok
    },
    { what: `${path} of the gateway`, within: 30_000 },
  )

test('continuo gateway serves, says how it is, and on SIGTERM sends its clients away and ends', async (t) => {
  const { redisUrl } = await services()
  const prefix = `test-${randomUUID()}:`
  const publisher = testPublisher({ redisUrl, keyPrefix: prefix, channel })
  t.after(() => publisher.close())
  await publisher.publish(1)
  const [port, health] = [await freePort(), await freePort()]
  const cli = runCli(t, ['gateway'], {
    REDIS_URL: redisUrl,
    REDIS_PREFIX: prefix,
    ALLOWED_ORIGINS: 'none',
    GATEWAY_PORT: String(port),
    HEALTH_PORT: String(health),
  })
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${health}${path}`)).text()
  await usable(cli, health, '/readyz')

  const token = await tokenFrom(runCli(t, ['token', '--sub', 'somebody-with-a-name']))
  const url = `ws://127.0.0.1:${port}/connection/websocket`
  const sdk = sdkClient(t, url, {
    getToken: async () => token,
    minReconnectDelay: 60_000,
    maxReconnectDelay: 60_000,
  })
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  await publisher.publish(2)
  await until(() => heard.offsets.length === 1, { what: 'the publication' })
  const metrics = await ask('/metrics')
  assert.match(metrics, /continuo_gateway_connections\{role="gateway"\} 1/)
  assert.match(metrics, /continuo_gateway_subscriptions\{role="gateway"\} 1/)

  cli.process.kill('SIGTERM')
  assert.equal(await cli.ended, 0)
  await until(() => sdk.states.length === 3, { what: 'the client to know' })
  assert.deepEqual(sdk.states[2], { state: 'connecting', code: 3001, reason: 'shutdown' })
  assert.ok(!(cli.stdout() + cli.stderr() + metrics).includes('somebody-with-a-name'))
})

test('without Kafka a gateway serves, tells a listener soon that it can take nothing, and ends as usual', async (t) => {
  const { redisUrl } = await services()
  const [port, health] = [await freePort(), await freePort()]
  const cli = runCli(t, ['gateway'], {
    REDIS_URL: redisUrl,
    REDIS_PREFIX: `test-${randomUUID()}:`,
    KAFKA_BROKERS: '127.0.0.1:1',
    ALLOWED_ORIGINS: 'none',
    GATEWAY_PORT: String(port),
    HEALTH_PORT: String(health),
  })
  await usable(cli, health, '/readyz')
  await until(() => cli.stdout().includes('look at KAFKA_BROKERS'), { what: 'a word of it in the log' })
  assert.doesNotMatch(cli.stdout(), /kafkajs/)
  const token = await mintToken({
    key: Buffer.from(cliKeys.TOKEN_KEY, 'base64'),
    issuer: 'continuo',
    audience: 'continuo-gateway',
    sub: 'ada',
    ttlSeconds: 60,
  })
  const raw = await rawClient(t, `ws://127.0.0.1:${port}/connection/websocket`)
  raw.send({ id: 1, connect: { token } })
  assert.ok((await raw.reply(1)).connect)
  raw.send({ id: 2, rpc: { method: 'reaction', data: { artistId: 'a1', kind: 'like' } } })
  assert.deepEqual((await raw.reply(2)).error, {
    code: 100,
    message: 'internal server error',
    temporary: true,
  })
  cli.process.kill('SIGTERM')
  assert.equal(await cli.ended, 0)
})

test('a gateway without Redis is alive and not ready; one at any address says that clients have to be told which', async (t) => {
  const health = await freePort()
  const cli = runCli(t, ['gateway'], {
    REDIS_URL: 'redis://127.0.0.1:1',
    GATEWAY_HOST: '0.0.0.0',
    GATEWAY_PORT: String(await freePort()),
    HEALTH_PORT: String(health),
  })
  await usable(cli, health, '/healthz')
  assert.equal((await fetch(`http://127.0.0.1:${health}/readyz`)).status, 503)
  await until(() => cli.stdout().includes('"started"'), { what: 'the gateway to have started' })
  assert.match(cli.stdout(), /set GATEWAY_PUBLIC_URL/)
  assert.equal((await fetch(`http://127.0.0.1:${health}/readyz`)).status, 503)
  cli.process.kill('SIGTERM')
  assert.equal(await cli.ended, 0)
})

test('a gateway that cannot start names the variable and the remedy', async (t) => {
  const cases: [Record<string, string>, RegExp][] = [
    [
      { ALLOWED_ORIGINS: 'music.example', LOG_LEVEL: 'silent' },
      /^ALLOWED_ORIGINS: "music\.example" is not an origin: write it like/,
    ],
    [{ TOKEN_KEY: '' }, /^TOKEN_KEY/],
    [{ GATEWAY_TLS_CERT: 'gateway.pem' }, /^GATEWAY_TLS_CERT and GATEWAY_TLS_KEY: set both/],
    [{ GATEWAY_HOST: '192.0.2.1' }, /^GATEWAY_HOST, GATEWAY_PORT: cannot listen on 192\.0\.2\.1:/],
    [{ HEALTH_HOST: '192.0.2.1' }, /^HEALTH_HOST, HEALTH_PORT: cannot listen .*EADDRNOTAVAIL/],
    [{ PSEUDONYM_KEY: 'short' }, /^PSEUDONYM_KEY/],
  ]
  for (const [env, message] of cases) {
    const ports = { GATEWAY_PORT: String(await freePort()), HEALTH_PORT: String(await freePort()) }
    const cli = runCli(t, ['gateway'], { ...ports, ...env })
    assert.equal(await cli.ended, 1)
    assert.match(cli.stderr(), new RegExp(`^continuo: ${message.source.slice(1)}[^\n]*\n$`))
  }
})

test('continuo gateway revoke ends what a listener has, and keeps no name', async (t) => {
  const { redisUrl } = await services()
  const keyPrefix = `test-${randomUUID()}:`
  const pseudonymOf = pseudonyms([Buffer.from(cliKeys.PSEUDONYM_KEY, 'base64')]).listener
  const gateway = await testGateway(t, { redisUrl, keyPrefix, pseudonymOf })
  const raw = await rawClient(t, gateway.url)
  await raw.connect('somebody-with-a-name')
  const env = { REDIS_URL: redisUrl, REDIS_PREFIX: keyPrefix }
  const cli = runCli(t, ['gateway', 'revoke', '--listener', 'somebody-with-a-name'], env)
  assert.equal(await cli.ended, 0, cli.stderr())
  assert.equal(cli.stdout(), 'revoked; 1 gateway has been told\n')
  await until(() => raw.closed?.code === 3500, { what: 'the close' })
  const redis = new Redis(redisUrl)
  t.after(() => redis.disconnect())
  const kept = JSON.stringify(await redis.xrange(`${keyPrefix}{revocations}:log`, '-', '+'))
  assert.ok(kept.includes(pseudonymOf('somebody-with-a-name')) && !kept.includes('somebody-with-a-name'))
})

test('continuo token prints what the gateway takes', async (t) => {
  const token = await tokenFrom(runCli(t, ['token', '--sub', 'somebody', '--ttl', '15m']))
  const { key, issuer, audience } = tokenSettings
  const { payload, protectedHeader } = await jwtVerify(token, key, { issuer, audience })
  assert.equal(protectedHeader.alg, 'HS256')
  assert.equal(payload.sub, 'somebody')
  assert.equal(payload.exp! - Math.floor(payload.iat!), 15 * 60)
})

async function tokenFrom(cli: RunningCli): Promise<string> {
  assert.equal(await cli.ended, 0, cli.stderr())
  return cli.stdout().trim()
}
