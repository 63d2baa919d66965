import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import type { Behaviour } from '../../../../gateway/push/sandbox/subscribers.ts'
import { testCertificate } from '../../../../gateway/push/sandbox/test-authority.ts'
import { answerOf } from '../../../../gateway/push/web-push/answers.ts'
import { MOST_TEXT_BYTES } from '../../../../gateway/push/web-push/encrypt.ts'
import { publicKeyOf } from '../../../../gateway/push/web-push/vapid.ts'
import { webPushProvider } from '../../../../gateway/push/web-push/web-push-provider.ts'
import { until } from '../../../kit/until.ts'
import { message, sandboxAndProvider, vapidKey } from './kit.ts'

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

test('a push arrives as it was meant: its text, how long it is good for, how urgent it is, what it replaces', async (t) => {
  const { sandbox, provider } = await sandboxAndProvider(t)
  const device = sandbox.subscribe({ applicationServerKey: publicKeyOf(vapidKey) })
  const payload = Buffer.alloc(MOST_TEXT_BYTES, 'ä')
  assert.deepEqual(await provider.send(device, message({ payload, urgency: 'low', ttlSeconds: 7 })), {
    kind: 'accepted',
    status: 201,
  })
  assert.deepEqual(sandbox.pushes, [
    { endpoint: device.endpoint, text: payload.toString(), ttl: 7, urgency: 'low', topic: 'recommendation' },
  ])
})

test('each answer of a push service means what it means', async (t) => {
  const { sandbox, provider } = await sandboxAndProvider(t, { timeoutMs: 2_000 })
  const answers = {
    404: { kind: 'gone', status: 404 },
    410: { kind: 'gone', status: 410 },
    413: { kind: 'refused', status: 413, reason: 'too_large' },
    429: { kind: 'later', status: 429, reason: 'busy', afterMs: 1_000 },
    500: { kind: 'later', status: 500, reason: 'busy' },
    503: { kind: 'later', status: 503, reason: 'busy', afterMs: 1_000 },
    redirect: { kind: 'refused', status: 307, reason: 'redirect' },
    reset: { kind: 'later', status: null, reason: 'no_answer' },
    'reset-after': { kind: 'later', status: null, reason: 'no_answer' },
    silent: { kind: 'later', status: null, reason: 'no_answer' },
  } as const
  for (const [behaviour, answer] of Object.entries(answers)) {
    const device = sandbox.subscribe({ behaviour: behaviour as Behaviour })
    assert.deepEqual(await provider.send(device, message()), answer, behaviour)
  }
  assert.equal(sandbox.pushes.length, 1, 'the one that was taken before the connection broke')
  const elsewhere = { ...sandbox.subscribe(), endpoint: `${sandbox.origin}/push/unknown` }
  assert.deepEqual(await provider.send(elsewhere, message()), { kind: 'gone', status: 404 })
})

test('statuses that the sandbox does not give', () => {
  const answer = (statusCode: number, after?: string) =>
    answerOf({ statusCode, headers: after === undefined ? {} : { 'retry-after': after } })
  for (const status of [200, 202, 204]) assert.equal(answer(status).kind, 'accepted')
  for (const status of [401, 403])
    assert.deepEqual(answer(status), { kind: 'refused', status, reason: 'not_authorised' })
  assert.deepEqual(answer(400), { kind: 'refused', status: 400, reason: 'rejected' })
  assert.deepEqual(answer(408), { kind: 'later', status: 408, reason: 'busy' })
  const day = { kind: 'later', status: 429, reason: 'busy', afterMs: 24 * 3_600_000 }
  assert.deepEqual(answer(429, '999999999'), day)
  assert.deepEqual(answer(429, new Date(Date.now() - 5_000).toUTCString()), { ...day, afterMs: 0 })
  for (const none of ['soon', '-5'])
    assert.deepEqual(answer(429, none), { kind: 'later', status: 429, reason: 'busy' })
})

test('a message that no service would take is not sent', async (t) => {
  const { sandbox, provider } = await sandboxAndProvider(t)
  const payload = Buffer.alloc(MOST_TEXT_BYTES + 1)
  assert.deepEqual(await provider.send(sandbox.subscribe(), message({ payload })), {
    kind: 'refused',
    status: null,
    reason: 'too_large',
  })
  assert.equal(sandbox.answers.size, 0)
})

test('a service that is away, unknown or without a certificate of its own is tried again later', async (t) => {
  const { sandbox } = await sandboxAndProvider(t)
  const device = sandbox.subscribe()
  const other = await sandboxAndProvider(t)
  const reasonOf = async (options: Parameters<typeof webPushProvider>[0], endpoint = device.endpoint) => {
    const provider = webPushProvider(options)
    const answer = await provider.send({ ...device, endpoint }, message())
    provider.close()
    return [answer.kind, 'reason' in answer && answer.reason]
  }
  const settings = { vapidKey, subject: 'mailto:push@example.com' }
  const foreign = { origin: sandbox.origin, ca: other.sandbox.ca }
  assert.deepEqual(await reasonOf({ ...settings, allowedOrigin: foreign }), ['later', 'certificate'])
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const origin = `https://localhost:${port}`
  const allowedOrigin = { origin, ca: sandbox.ca }
  assert.deepEqual((await reasonOf({ ...settings, allowedOrigin }, `${origin}/x`))[0], 'later')
  http.close()
  await once(http, 'close')
  assert.deepEqual(await reasonOf({ ...settings, allowedOrigin }, `${origin}/x`), [
    'later',
    'connection_refused',
  ])
  const resolve: Parameters<typeof webPushProvider>[0]['resolve'] = (_, __, callback) =>
    callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), [])
  assert.deepEqual(await reasonOf({ ...settings, resolve }, 'https://nowhere.example/x'), [
    'later',
    'no_such_host',
  ])
})

test('a service that asks for another protocol is refused, and holds up nothing', async (t) => {
  const { ca, cert, key } = await testCertificate()
  const upgrading = createTlsServer({ cert, key }, (socket) => {
    socket.once('data', () => socket.write(SWITCHING))
  }).listen(0, '127.0.0.1')
  await once(upgrading, 'listening')
  const origin = `https://localhost:${(upgrading.address() as AddressInfo).port}`
  const { sandbox, provider } = await sandboxAndProvider(t, {
    allowedOrigin: { origin, ca },
    timeoutMs: 1_000,
  })
  t.after(() => upgrading.close())
  const device = { ...sandbox.subscribe(), endpoint: `${origin}/x` }
  assert.deepEqual(await provider.send(device, message()), {
    kind: 'refused',
    status: 101,
    reason: 'rejected',
  })
})

test('a connection that is of no use any more is closed, though the service would keep it', async (t) => {
  const { ca, cert, key } = await testCertificate()
  const keeping = createTlsServer({ cert, key }, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'))
  }).listen(0, '127.0.0.1')
  await once(keeping, 'listening')
  let isClosed = false
  keeping.once('secureConnection', (socket) => socket.once('close', () => (isClosed = true)))
  const origin = `https://localhost:${(keeping.address() as AddressInfo).port}`
  const { sandbox, provider } = await sandboxAndProvider(t, { allowedOrigin: { origin, ca }, idleMs: 50 })
  t.after(() => keeping.close())
  const answer = await provider.send({ ...sandbox.subscribe(), endpoint: `${origin}/x` }, message())
  assert.equal(answer.kind, 'accepted')
  await until(() => isClosed, { within: 5_000, what: 'the connection to be closed' })
})

test('a device whose key is no point of the curve is refused', async (t) => {
  const { sandbox, provider } = await sandboxAndProvider(t)
  const { endpoint, keys } = sandbox.subscribe()
  const p256dh = Buffer.alloc(65, 4).toString('base64url')
  assert.deepEqual(await provider.send({ endpoint, keys: { ...keys, p256dh } }, message()), {
    kind: 'refused',
    status: null,
    reason: 'invalid_device_key',
  })
})
