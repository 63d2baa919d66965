import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, mock, test } from 'node:test'
import pino from 'pino'
import { Registry } from 'prom-client'
import { type JWTPayload, SignJWT, base64url, exportJWK, exportSPKI } from 'jose'
import { subscriptionVerifier, tokenVerifier } from '../../../../gateway/live/access/token-verifiers.ts'
import { type Breaker, breaker as breakerOf } from '../../../../gateway/live/breaker.ts'
import { type KeyServerOptions, keyServer } from '../../../../gateway/live/access/key-server.ts'
import { mintToken } from '../../../../gateway/live/access/mint-token.ts'
import { CannotTell, TokenExpired, TokenInvalid } from '../../../../gateway/live/access/refusals.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, tokenSettings } from '../../kit/gateway.ts'
import { type TestKey, signedBy, testKey, testKeyServer } from '../../kit/key-server.ts'
import { rawClient } from '../../kit/raw-client.ts'

/** None: each call is made. */
const breaker: Breaker = (call) => call()
const now = () => Math.floor(Date.now() / 1000)
const good = (): JWTPayload => ({
  iss: tokenSettings.issuer,
  aud: tokenSettings.audience,
  sub: 'ada',
  exp: now() + 3600,
  jti: 'token-1',
})

/** A verifier of tokens by the shared key and by those of a server. */
async function verifier(t: TestContext, keys: TestKey[], options: Partial<KeyServerOptions> = {}) {
  const server = await testKeyServer(t, ...keys)
  const settings = { ...tokenSettings, keys: keyServer({ url: server.url, breaker, ...options }) }
  return { server, verify: tokenVerifier(settings, (id) => `pseudonym of ${id}`) }
}

for (const alg of ['ES256', 'RS256', 'EdDSA']) {
  test(`a token signed by ${alg} with a key of the server is read, whole`, async (t) => {
    const key = await testKey('k1', alg)
    const { verify } = await verifier(t, [key])
    const claims = { ...good(), iat: now() - 5 }
    assert.deepEqual(await verify(await signedBy(key, claims)), {
      userId: 'ada',
      listener: 'pseudonym of ada',
      tokenId: 'token-1',
      expiresAt: claims.exp! * 1000,
      issuedAt: claims.iat * 1000,
    })
  })
}

test('a token of the shared key is read beside them, and needs no key server', async (t) => {
  const { verify, server } = await verifier(t, [])
  const token = await mintToken({ ...tokenSettings, sub: 'ada', ttlSeconds: 60 })
  assert.equal((await verify(token)).userId, 'ada')
  assert.equal(server.asked, 0)
})

const json = (value: unknown) => base64url.encode(JSON.stringify(value))
const withSecret = (key: Uint8Array, header = {}) =>
  new SignJWT(good()).setProtectedHeader({ alg: 'HS256', kid: 'k1', ...header }).sign(key)
const text = (value: string) => new TextEncoder().encode(value)

const forged: Record<string, (rsa: TestKey) => string | Promise<string>> = {
  'HS256, its secret the public key as PEM': async (rsa) => withSecret(text(await exportSPKI(rsa.publicKey))),
  'HS256, its secret the public key as JWK': async (rsa) =>
    withSecret(text(JSON.stringify(await exportJWK(rsa.publicKey)))),
  'HS256, its secret the modulus': (rsa) => withSecret(base64url.decode(rsa.jwk.n!)),
  'alg none': () => `${json({ alg: 'none', kid: 'k1' })}.${json(good())}.`,
  'RS256 over a signature by the shared key': async () => {
    const signature = (await withSecret(tokenSettings.key)).split('.')[2]
    return `${json({ alg: 'RS256', kid: 'k1' })}.${json(good())}.${signature}`
  },
  'the key of the server by another algorithm': async (rsa) =>
    new SignJWT(good())
      .setProtectedHeader({ alg: 'PS256', kid: 'k1' })
      .sign(
        await crypto.subtle.importKey(
          'pkcs8',
          await crypto.subtle.exportKey('pkcs8', rsa.privateKey),
          { name: 'RSA-PSS', hash: 'SHA-256' },
          false,
          ['sign'],
        ),
      ),
  'a key of its own under a known id': async () => signedBy(await testKey('k1', 'RS256'), good()),
  'a key of its own under an id of its own': async () => signedBy(await testKey('k9', 'RS256'), good()),
  'an elliptic key under the id of one of RSA': async () => signedBy(await testKey('k1'), good()),
  'a key that it brings along': async () => {
    const own = await testKey('k1', 'RS256')
    return new SignJWT(good())
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', jwk: own.jwk, jku: 'https://evil.example/jwks.json' })
      .sign(own.privateKey)
  },
  'issued at no time': (rsa) => signedBy(rsa, { ...good(), iat: 'now' as unknown as number }),
  'valid from no time': (rsa) => signedBy(rsa, { ...good(), nbf: 'now' as unknown as number }),
  'an id that is no text': (rsa) => signedBy(rsa, { ...good(), jti: 7 as unknown as string }),
  'a foreign audience': (rsa) => signedBy(rsa, { ...good(), aud: 'continuo-api' }),
  'a foreign issuer': (rsa) => signedBy(rsa, { ...good(), iss: 'https://login.example' }),
  'no end': (rsa) => signedBy(rsa, { ...good(), exp: undefined }),
  'for a channel': (rsa) => signedBy(rsa, { ...good(), channel: 'top-artists' }),
}

for (const [name, make] of Object.entries(forged)) {
  test(`beside a key server a token is refused: ${name}`, async (t) => {
    const rsa = await testKey('k1', 'RS256')
    const { verify } = await verifier(t, [rsa])
    await assert.rejects(async () => verify(await make(rsa)), TokenInvalid)
  })
}

test('beside a key server a token of the future is for later', async (t) => {
  const rsa = await testKey('k1', 'RS256')
  const { verify } = await verifier(t, [rsa])
  for (const claims of [{ iat: now() + 60 }, { nbf: now() + 60 }])
    await assert.rejects(async () => verify(await signedBy(rsa, { ...good(), ...claims })), CannotTell)
})

test('clocks may differ by the tolerance, and no token lives longer than the longest', async () => {
  const settings = { ...tokenSettings, toleranceSeconds: 5, longestLifeSeconds: 3600 }
  const verify = tokenVerifier(settings, (id) => id)
  const signed = (claims: JWTPayload) =>
    new SignJWT({ ...good(), ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(tokenSettings.key)
  await verify(await signed({ iat: now() + 4, nbf: now() + 4 }))
  await verify(await signed({ exp: now() - 3 }))
  await assert.rejects(verify(await signed({ exp: now() - 6 })), TokenExpired)
  await assert.rejects(verify(await signed({ iat: now() + 20 })), CannotTell)
  await assert.rejects(verify(await signed({ exp: now() + 3700 })), TokenInvalid)
})

test('keys rotate: a new one is found at once, one that is gone is refused after the next look', async (t) => {
  const [old, next] = [await testKey('old'), await testKey('next')]
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.after(() => mock.timers.reset())
  const { server, verify } = await verifier(t, [old], { restFor: 0, lookEvery: 60_000, now: Date.now })
  await verify(await signedBy(old, good()))
  server.keys = [next]
  await verify(await signedBy(next, good()))
  await assert.rejects(verify(await signedBy(old, good())), TokenInvalid)

  server.keys = []
  await verify(await signedBy(next, good()))
  mock.timers.tick(60_000)
  await until(
    async () =>
      verify(await signedBy(next, good())).then(
        () => false,
        (error: unknown) => error instanceof TokenInvalid,
      ),
    { what: 'the key to be refused' },
  )
})

test('a key server that is away: known keys go on, others are for later', async (t) => {
  const [known, other] = [await testKey('known'), await testKey('other')]
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.after(() => mock.timers.reset())
  const { server, verify } = await verifier(t, [known], { restFor: 1_000, lookEvery: 60_000, now: Date.now })
  await verify(await signedBy(known, good()))
  server.keys.push(other)
  server.away = true
  mock.timers.tick(3_600_000)
  assert.equal((await verify(await signedBy(known, good()))).userId, 'ada')
  await assert.rejects(async () => verify(await signedBy(other, good())), CannotTell)
  server.away = false
  assert.equal((await verify(await signedBy(other, good()))).userId, 'ada')
})

test('a date that is set back makes no key wait that is new', async (t) => {
  const [known, next] = [await testKey('known'), await testKey('next')]
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.after(() => mock.timers.reset())
  const clock = { now: 0 }
  const { server, verify } = await verifier(t, [known], { now: () => clock.now })
  await verify(await signedBy(known, good()))
  mock.timers.setTime(Date.now() - 3_600_000)
  server.keys.push(next)
  await assert.rejects(async () => verify(await signedBy(next, good())), CannotTell)
  clock.now += 30_000
  assert.equal((await verify(await signedBy(next, good()))).userId, 'ada')
  assert.equal(server.asked, 2)
})

test('invented keys are looked for once in a while, and one that is new meanwhile is not refused for good', async (t) => {
  const [known, fresh, invented] = [await testKey('known'), await testKey('fresh'), await testKey('invented')]
  const { server, verify } = await verifier(t, [known])
  await verify(await signedBy(known, good()))
  server.keys.push(fresh)
  for (let times = 0; times < 20; times++)
    await assert.rejects(async () => verify(await signedBy(invented, good())), CannotTell)
  await assert.rejects(async () => verify(await signedBy(fresh, good())), CannotTell)
  assert.equal(server.asked, 1)
})

test('a token for a channel is for that channel and that listener', async () => {
  const verify = subscriptionVerifier(tokenSettings)
  const ada = { userId: 'ada', listener: 'p', expiresAt: 0 }
  const tokenFor = (channel?: string) =>
    mintToken({ ...tokenSettings, sub: 'ada', ttlSeconds: 60, ...(channel && { channel }) })
  const lease = await verify(await tokenFor('room:jazz'), ada, 'room:jazz')
  assert.ok(lease.expiresAt > Date.now())
  await assert.rejects(async () => verify(await tokenFor('room:jazz'), ada, 'room:rock'), TokenInvalid)
  await assert.rejects(async () => verify(await tokenFor(), ada, 'room:jazz'), TokenInvalid)
  await assert.rejects(
    async () => verify(await tokenFor('room:jazz'), { ...ada, userId: 'bob' }, 'room:jazz'),
    TokenInvalid,
  )
  const foreign = { ...tokenSettings, key: randomBytes(32) }
  const forgedToken = await mintToken({ ...foreign, sub: 'ada', ttlSeconds: 60, channel: 'room:jazz' })
  await assert.rejects(verify(forgedToken, ada, 'room:jazz'), TokenInvalid)
  const over = await mintToken({ ...tokenSettings, sub: 'ada', ttlSeconds: -1, channel: 'room:jazz' })
  await assert.rejects(verify(over, ada, 'room:jazz'), TokenExpired)
})

test('a client whose key cannot be had is told to come again, and is let in when it can', async (t) => {
  const key = await testKey('k1')
  const server = await testKeyServer(t, key)
  server.away = true
  const token = { ...tokenSettings, keys: keyServer({ url: server.url, breaker }) }
  const gateway = await testGateway(t, { ...(await services()), token })
  const raw = await rawClient(t, gateway.url)
  raw.send({ id: 1, connect: { token: await signedBy(key, good()) } })
  assert.deepEqual((await raw.reply(1)).error, {
    code: 100,
    message: 'internal server error',
    temporary: true,
  })
  server.away = false
  raw.send({ id: 2, connect: { token: await signedBy(key, good()) } })
  assert.ok((await raw.reply(2)).connect)
})

test('a key server that is away is left alone after a few tries', async (t) => {
  const key = await testKey('k1')
  const around = { metrics: new Registry(), log: pino({ level: 'silent' }) }
  const careful = breakerOf({ name: 'token_keys', remedy: 'none', ...around })
  const { server, verify } = await verifier(t, [key], { breaker: careful })
  server.away = true
  const token = await signedBy(key, good())
  for (let times = 0; times < 20; times++) await assert.rejects(verify(token), CannotTell)
  assert.equal(server.asked, 5)
})

test('a key server at a wrong address is told of before the first token comes', async (t) => {
  const server = await testKeyServer(t)
  server.away = true
  const failed = new Promise((resolve) => keyServer({ url: server.url, breaker, onNoKeys: resolve }))
  assert.match(String(await failed), /fetch failed/)
})

for (const answer of ['<html>sign in</html>', '{"error":"not found"}', 'null'])
  test(`a key server that answers ${answer} is taken for one that is away, and said to be`, async (t) => {
    const lines: string[] = []
    const log = pino({}, { write: (line: string) => lines.push(line) })
    const remedy = 'look at TOKEN_JWKS_URL'
    const careful = breakerOf({ name: 'token_keys', remedy, metrics: new Registry(), log })
    const key = await testKey('k1')
    const { server, verify } = await verifier(t, [key], { breaker: careful })
    server.answer = answer
    for (let times = 0; times < 5; times++)
      await assert.rejects(async () => verify(await signedBy(key, good())), CannotTell)
    assert.match(lines.join(), /something else than a key set.*look at TOKEN_JWKS_URL/)
  })
