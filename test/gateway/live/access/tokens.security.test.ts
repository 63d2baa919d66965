import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { EncryptJWT, SignJWT, generateKeyPair, exportJWK, base64url, type JWTPayload } from 'jose'
import { channels } from '../../../../schemas/channels.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, tokenSettings, tokenOf } from '../../kit/gateway.ts'
import { rawClient } from '../../kit/raw-client.ts'

const subject = 'listener-whose-name-must-not-leak'
const now = () => Math.floor(Date.now() / 1000)
const good = (): JWTPayload => ({
  iss: tokenSettings.issuer,
  aud: tokenSettings.audience,
  sub: subject,
  exp: now() + 3600,
})

function signed(
  claims: JWTPayload,
  { key = tokenSettings.key, ...header }: { key?: Uint8Array; [name: string]: unknown } = {},
) {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...header }).sign(key)
}

function without(name: keyof JWTPayload): JWTPayload {
  return Object.fromEntries(Object.entries(good()).filter(([key]) => key !== name))
}

const json = (value: unknown) => base64url.encode(JSON.stringify(value))
const rsa = await generateKeyPair('RS256', { extractable: true })

const forged: Record<string, () => string | Promise<string>> = {
  'no token': () => '',
  'no JWT': () => 'let me in',
  'another key': () => signed(good(), { key: randomBytes(32) }),
  'alg none': () => `${json({ alg: 'none' })}.${json(good())}.`,
  'alg None, with a signature': async () =>
    `${json({ alg: 'None' })}.${json(good())}.${(await signed(good())).split('.')[2]}`,
  'no signature': async () => `${(await signed(good())).split('.').slice(0, 2).join('.')}.`,
  'other claims under a good signature': async () => {
    const [header, , signature] = (await signed(good())).split('.')
    return `${header}.${json({ ...good(), sub: 'somebody-else' })}.${signature}`
  },
  'the right key with HS384': () => signed(good(), { alg: 'HS384' }),
  'the right key with HS512': () => signed(good(), { alg: 'HS512' }),
  'a key pair of its own': () =>
    new SignJWT(good()).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey),
  'a key of its own in the header': async () =>
    new SignJWT(good())
      .setProtectedHeader({ alg: 'RS256', jwk: await exportJWK(rsa.publicKey) })
      .sign(rsa.privateKey),
  'a key that it names in the header': () =>
    signed(good(), { key: randomBytes(32), kid: '../../../etc/passwd', jku: 'https://evil.example/keys' }),
  'the public key as a secret': async () =>
    signed(good(), { key: new TextEncoder().encode(JSON.stringify(await exportJWK(rsa.publicKey))) }),
  'encrypted instead of signed': () =>
    new EncryptJWT(good())
      .setProtectedHeader({ alg: 'dir', enc: 'A128CBC-HS256' })
      .encrypt(tokenSettings.key),
  'a critical header that nobody knows': () =>
    new SignJWT(good())
      .setProtectedHeader({ alg: 'HS256', crit: ['x-evil'], 'x-evil': true })
      .sign(tokenSettings.key, { crit: { 'x-evil': true } }),
  'a foreign issuer': () => signed({ ...good(), iss: 'continuo-staging' }),
  'no issuer': () => signed(without('iss')),
  'a foreign audience': () => signed({ ...good(), aud: 'continuo-api' }),
  'no audience': () => signed(without('aud')),
  'no end': () => signed(without('exp')),
  'an end that is no number': () => signed({ ...good(), exp: 'never' as unknown as number }),
  'of the future, as if in milliseconds': () => signed({ ...good(), iat: now() * 1_000 }),
  'not valid for ten minutes': () => signed({ ...good(), nbf: now() + 600 }),
  'no subject': () => signed(without('sub')),
  'an empty subject': () => signed({ ...good(), sub: '' }),
  'a subject that is no text': () => signed({ ...good(), sub: 7 as unknown as string }),
  'expired, and of a foreign audience': () => signed({ ...good(), aud: 'continuo-api', exp: now() - 60 }),
}

for (const [name, make] of Object.entries(forged)) {
  test(`a token is refused for good: ${name}`, async (t) => {
    const gateway = await testGateway(t, await services())
    const raw = await rawClient(t, gateway.url)
    raw.send(
      { id: 1, connect: { token: await make() } },
      { id: 2, subscribe: { channel: channels.topArtists } },
    )
    await until(() => raw.closed, { what: 'the close' })
    assert.deepEqual(raw.closed, { code: 3500, reason: 'invalid token' })
    assert.deepEqual(raw.frames, [], 'it was told nothing')
    assert.equal(await gateway.metric('continuo_gateway_disconnects_total{code="3500"}'), 1)
    assert.ok(!(gateway.logged() + (await gateway.metrics())).includes(subject))
  })
}

test('an expired token is answered such that the client fetches a new one, and lets nobody in', async (t) => {
  const gateway = await testGateway(t, await services())
  const raw = await rawClient(t, gateway.url)
  raw.send({ id: 1, connect: { token: await signed({ ...good(), exp: now() - 1 }) } })
  assert.deepEqual((await raw.reply(1)).error, { code: 109, message: 'token expired' })
  raw.send({ id: 2, subscribe: { channel: channels.topArtists } })
  await until(() => raw.closed, { what: 'the close' })
  assert.equal(raw.closed?.code, 3501)
})

for (const [name, claims] of Object.entries({
  'of the future': () => ({ iat: now() + 30 }),
  'not valid yet': () => ({ nbf: now() + 30 }),
  'of the future, and by that too long': () => ({ iat: now() + 30, exp: now() + 31 * 86_400 }),
}))
  test(`a token lets nobody in, and is asked for again: ${name}`, async (t) => {
    const gateway = await testGateway(t, await services())
    const raw = await rawClient(t, gateway.url)
    raw.send({ id: 1, connect: { token: await signed({ ...good(), ...claims() }) } })
    assert.partialDeepStrictEqual((await raw.reply(1)).error, { code: 100, temporary: true })
    raw.send({ id: 2, subscribe: { channel: channels.topArtists } })
    await until(() => raw.closed, { what: 'the close' })
    assert.equal(raw.closed?.code, 3501)
  })

test('one of several audiences may be this gateway', async (t) => {
  const gateway = await testGateway(t, await services())
  const raw = await rawClient(t, gateway.url)
  raw.send({
    id: 1,
    connect: { token: await signed({ ...good(), aud: ['continuo-api', tokenSettings.audience] }) },
  })
  assert.ok((await raw.reply(1)).connect)
})

test('a connection cannot be refreshed with a forged, an expired or another listener’s token', async (t) => {
  const gateway = await testGateway(t, await services())
  const refreshes = [
    { token: await signed(good(), { key: randomBytes(32) }), code: 3500 },
    { token: await tokenOf('another-listener'), code: 3500 },
    { token: await signed({ ...good(), exp: now() - 1 }), code: 3005 },
  ]
  for (const refresh of refreshes) {
    const raw = await rawClient(t, gateway.url)
    await raw.connect(subject)
    raw.send({ id: 2, refresh: { token: refresh.token } })
    await until(() => raw.closed, { what: 'the close' })
    assert.equal(raw.closed?.code, refresh.code)
  }
})

test('a user id is in no log line, no metric and no frame', async (t) => {
  const gateway = await testGateway(t, await services())
  const raw = await rawClient(t, gateway.url)
  await raw.connect(subject)
  raw.send({ id: 2, subscribe: { channel: 'private' } }, { id: 3, rpc: {} })
  await raw.reply(3)
  raw.close()
  await until(async () => (await gateway.metric('continuo_gateway_connections')) === 0, { what: 'the close' })
  const said = gateway.logged() + (await gateway.metrics()) + JSON.stringify(raw.frames)
  assert.ok(said.includes('disconnected'))
  assert.ok(!said.includes(subject))
})

test('a key that could be guessed is refused at start', async (t) => {
  const short = { ...tokenSettings, key: randomBytes(16) }
  await assert.rejects(testGateway(t, { ...(await services()), token: short }), /16 bytes.*32/)
})
