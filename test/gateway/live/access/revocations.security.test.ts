import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { SignJWT } from 'jose'
import { revoke } from '../../../../gateway/live/access/revoke.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import type { Revocation } from '../../../../schemas/revocations.ts'
import { forgetListeners } from '../../../../sinks/redis/forget-listeners.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { type TestGateway, testGateway, tokenSettings } from '../../kit/gateway.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { sdkClient } from '../../kit/sdk-client.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

const now = () => Math.floor(Date.now() / 1000)
const { listener: pseudonymOf } = pseudonyms([randomBytes(32)])

interface TokenOf {
  sub?: string
  jti?: string
  channel?: string
  /** Seconds; undefined: it does not say. */
  iat?: number | undefined
}

function token({ sub = 'ada', jti = randomUUID(), channel, ...times }: TokenOf): Promise<string> {
  const iat = 'iat' in times ? times.iat : now()
  const { issuer: iss, audience: aud, key } = tokenSettings
  const claims = {
    iss,
    aud,
    sub,
    jti,
    exp: now() + 3600,
    ...(iat !== undefined && { iat }),
    ...(channel !== undefined && { channel }),
  }
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key)
}

/** Two gateways, the second one behind a wire that can be cut, and who revokes. */
async function twoGateways(t: TestContext) {
  const { redisUrl } = await services()
  const keyPrefix = `test-${randomUUID()}:`
  const wire = await tcpProxy(Number(new URL(redisUrl).port))
  const wired = new URL(redisUrl)
  wired.port = String(wire.port)
  t.after(() => wire.close())
  const redis = new Redis(redisUrl)
  t.after(() => redis.disconnect())
  const start = (url: string) =>
    testGateway(t, { redisUrl: url, keyPrefix, pseudonymOf, times: { positionCheckEvery: 600_000 } })
  const gateways = [await start(redisUrl), await start(wired.href)] as const
  await until(() => gateways.every((gateway) => gateway.ready()), { what: 'both to be ready' })
  return {
    gateways,
    wire,
    redis,
    keyPrefix,
    another: () => start(redisUrl),
    revoke: (revocation: Revocation, lifeMs = 3_600_000) => revoke({ redis, keyPrefix, lifeMs }, revocation),
  }
}

async function connected(t: TestContext, gateway: TestGateway, with_: string) {
  const raw = await rawClient(t, gateway.url)
  raw.send({ id: 1, connect: { token: with_ } })
  return { raw, reply: await until(() => raw.frames[0] ?? raw.closed, { what: 'an answer' }) }
}

const within = 3_000

const cases: Record<string, { revocation: Revocation; meant: TokenOf; others: TokenOf[]; code: number }> = {
  'by its id': {
    revocation: { tokenId: 'token-1' },
    meant: { jti: 'token-1' },
    others: [{ jti: 'token-2' }, {}],
    code: 3500,
  },
  'with its listener': {
    revocation: { listener: pseudonymOf('ada'), issuedBefore: (now() - 10) * 1000 },
    meant: { iat: now() - 20 },
    others: [{ iat: now() }, { sub: 'bob', iat: now() - 20 }],
    code: 3500,
  },
  'with all that were issued then': {
    revocation: { issuedBefore: (now() - 10) * 1000 },
    meant: { sub: 'bob', iat: now() - 20 },
    others: [{ iat: now() }],
    code: 3005,
  },
  'with all that were issued then, if it does not say when it was': {
    revocation: { issuedBefore: (now() - 10) * 1000 },
    meant: { iat: undefined },
    others: [{ iat: now() }],
    code: 3005,
  },
}

for (const [how, { revocation, meant, others, code }] of Object.entries(cases)) {
  test(`a token revoked ${how} ends on every gateway, and no other`, async (t) => {
    const room = await twoGateways(t)
    const gone = await Promise.all(
      room.gateways.map(async (gateway) => (await connected(t, gateway, await token(meant))).raw),
    )
    const stay = await Promise.all(
      room.gateways.flatMap((gateway) =>
        others.map(async (other) => (await connected(t, gateway, await token(other))).raw),
      ),
    )
    assert.equal(await room.revoke(revocation), 2)
    await until(() => gone.every((raw) => raw.closed?.code === code), { within, what: `closes with ${code}` })

    for (const gateway of [...room.gateways, await room.another()]) {
      const again = await rawClient(t, gateway.url)
      again.send({ id: 1, connect: { token: await token(meant) } })
      if (code === 3005) assert.equal((await again.reply(1)).error?.code, 109)
      else await until(() => again.closed?.code === 3500, { what: 'the close' })
    }
    for (const raw of stay) {
      raw.send({ id: 2, ping: {} })
      await raw.reply(2)
      raw.send({ id: 3, refresh: { token: await token(meant) } })
      await until(() => raw.closed?.code === code || raw.closed?.code === 3500, { what: 'the close' })
    }
  })
}

test('a subscription whose own token is revoked ends at once, and the connection stays', async (t) => {
  const room = await twoGateways(t)
  const [gateway] = room.gateways
  const { raw } = await connected(t, gateway, await token({}))
  const channelToken = (channel: string, jti: string, iat = now()) => token({ jti, iat, channel })
  raw.send(
    { id: 2, subscribe: { channel: 'room:a', token: await channelToken('room:a', 'token-a') } },
    { id: 3, subscribe: { channel: 'room:b', token: await channelToken('room:b', 'token-b', now() - 20) } },
    { id: 4, subscribe: { channel: 'room:c', token: await channelToken('room:c', 'token-c') } },
  )
  await Promise.all([2, 3, 4].map((id) => raw.reply(id)))
  const ended = () => raw.frames.flatMap(({ push }) => (push?.unsubscribe ? [push] : []))
  await room.revoke({ tokenId: 'token-a' })
  await until(() => ended().length === 1, { within, what: 'the end of the first' })
  await room.revoke({ issuedBefore: (now() - 10) * 1000 })
  await until(() => ended().length === 2, { within, what: 'the end of the second' })
  assert.deepEqual(
    ended().map(({ channel, unsubscribe }) => [channel, unsubscribe!.code]),
    [
      ['room:a', 2000],
      ['room:b', 2501],
    ],
  )
  raw.send({ id: 5, history: { channel: 'room:c' } }, { id: 6, history: { channel: 'room:a' } })
  assert.ok((await raw.reply(5)).history)
  assert.equal((await raw.reply(6)).error?.code, 103)
  assert.equal(raw.closed, undefined)
})

test('what was revoked while a gateway had lost Redis ends there when it is back', async (t) => {
  const room = await twoGateways(t)
  const [, behind] = room.gateways
  const { raw } = await connected(t, behind, await token({ jti: 'token-1' }))
  room.wire.cut()
  await until(() => !behind.ready(), { what: 'the gateway to notice' })
  await room.revoke({ tokenId: 'token-1' })
  assert.equal(raw.closed, undefined)
  room.wire.mend()
  await until(() => raw.closed?.code === 3500, { what: 'the close' })
})

test('a gateway that has never read what is revoked lets nobody in yet', async (t) => {
  const gateway = await testGateway(t, { redisUrl: 'redis://127.0.0.1:1' })
  const { reply } = await connected(t, gateway, await token({}))
  assert.deepEqual((reply as { error?: unknown }).error, {
    code: 100,
    message: 'internal server error',
    temporary: true,
  })
})

test('a client with a new token comes back by itself when all of before are revoked', async (t) => {
  const room = await twoGateways(t)
  const given = [await token({ iat: now() - 20 }), await token({ iat: now() - 20 }), await token({})]
  const sdk = sdkClient(t, room.gateways[0].url, { getToken: async () => given.shift()! })
  sdk.client.connect()
  await until(() => sdk.states.at(-1)?.state === 'connected', { what: 'the connection' })
  await room.revoke({ issuedBefore: (now() - 10) * 1000 })
  await until(() => given.length === 0 && sdk.states.at(-1)?.state === 'connected', { what: 'it to be back' })
  assert.ok(sdk.states.some(({ code }) => code === 3005))
})

test('a revocation is kept for as long as a token may live, under a pseudonym', async (t) => {
  const room = await twoGateways(t)
  await room.revoke({ tokenId: 'of long ago' }, 1)
  await until(async () => (await room.redis.exists(`${room.keyPrefix}{revocations}:log`)) === 0, {
    what: 'its end',
  })
  await room.revoke({ listener: pseudonymOf('ada'), issuedBefore: now() * 1000 })
  const left = await room.redis.pttl(`${room.keyPrefix}{revocations}:log`)
  assert.ok(left > 3_500_000 && left <= 3_600_000)
})

test('a new epoch of pseudonyms leaves no name of before, and no token of then', async (t) => {
  const room = await twoGateways(t)
  const { raw } = await connected(t, room.gateways[0], await token({ sub: 'bob', iat: now() - 20 }))
  await room.revoke({ tokenId: 'token-1' })
  await room.revoke({ listener: pseudonymOf('ada'), issuedBefore: (now() - 10) * 1000 })
  const { redisUrl } = await services()
  await forgetListeners({ redisUrl, keyPrefix: room.keyPrefix })
  const kept = await room.redis.xrange(`${room.keyPrefix}{revocations}:log`, '-', '+')
  assert.deepEqual(
    kept.map(([, [, text]]) => Object.keys(JSON.parse(text!) as Revocation)),
    [['tokenId'], ['issuedBefore']],
  )
  await room.revoke({ tokenId: 'token-2' })
  await until(() => raw.closed?.code === 3005, { what: 'the close' })
})
