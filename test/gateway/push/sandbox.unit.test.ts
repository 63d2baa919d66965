import assert from 'node:assert/strict'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { SignJWT } from 'jose'
import { type PushSandbox, startPushSandbox } from '../../../gateway/push/sandbox/sandbox.ts'
import { encrypt } from '../../../gateway/push/web-push/encrypt.ts'
import { Vapid, publicKeyOf } from '../../../gateway/push/web-push/vapid.ts'

const key = randomBytes(32)
const subject = 'mailto:push@example.com'

async function post(
  sandbox: PushSandbox,
  url: string,
  {
    headers = {},
    body = '',
    method = 'POST',
  }: { headers?: Record<string, string>; body?: Buffer | string; method?: string },
) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; said: string }>()
  const asking = request(new URL(url, sandbox.origin), { method, headers, ca: sandbox.ca }, (response) => {
    text(response).then((said) => resolve({ status: response.statusCode!, said }), reject)
  })
  asking.on('error', reject).end(body)
  return promise
}

/** A push that is good in all that is not given. */
async function sandboxWithPush(t: TestContext) {
  const sandbox = await startPushSandbox()
  t.after(() => sandbox.close())
  const device = sandbox.subscribe({ applicationServerKey: publicKeyOf(key) })
  const { p256dh, auth } = device.keys
  const receiver = { p256dh: Buffer.from(p256dh, 'base64url'), auth: Buffer.from(auth, 'base64url') }
  const authorization = await new Vapid({ key, subject }).authorization(sandbox.origin)
  const good = { ttl: '60', 'content-encoding': 'aes128gcm', authorization }
  const push = (
    headers: Record<string, string | undefined> = {},
    body = encrypt(Buffer.from('hello'), receiver),
  ) => {
    const given = { ...good, ...headers }
    for (const name of Object.keys(headers))
      if (headers[name] === undefined) Reflect.deleteProperty(given, name)
    return post(sandbox, device.endpoint, { headers: given, body })
  }
  return { sandbox, push, receiver }
}

async function token(claims: Record<string, unknown>, by = key): Promise<string> {
  const [x, y] = [1, 33].map((from) =>
    Buffer.from(publicKeyOf(by), 'base64url')
      .subarray(from, from + 32)
      .toString('base64url'),
  )
  const jwk = { kty: 'EC', crv: 'P-256', d: by.toString('base64url'), x: x!, y: y! }
  const signed = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256' })
    .sign(createPrivateKey({ format: 'jwk', key: jwk }))
  return `vapid t=${signed}, k=${publicKeyOf(key)}`
}

test('a good push is taken; what is wrong with a bad one is answered as a push service would', async (t) => {
  const { sandbox, push, receiver } = await sandboxWithPush(t)
  assert.equal((await push()).status, 201)
  const refused: [number, RegExp, Record<string, string | undefined>][] = [
    [400, /TTL/, { ttl: undefined }],
    [400, /TTL/, { ttl: '-1' }],
    [400, /Urgency/, { urgency: 'asap' }],
    [400, /Topic/, { topic: 'x'.repeat(33) }],
    [400, /Topic/, { topic: 'a b' }],
    [415, /aes128gcm/, { 'content-encoding': 'aesgcm' }],
    [401, /Authorization/, { authorization: undefined }],
    [401, /Authorization/, { authorization: 'Bearer x' }],
  ]
  for (const [status, said, headers] of refused) {
    const answer = await push(headers)
    assert.equal(answer.status, status, JSON.stringify(headers))
    assert.match(answer.said, said)
  }
  assert.equal((await push({}, Buffer.alloc(4_097))).status, 413)
  assert.equal((await push({}, Buffer.from('garbage'))).status, 400)
  assert.equal((await push({}, Buffer.alloc(200, 65))).status, 400)
  const foreign = encrypt(Buffer.from('x'), { ...receiver, auth: randomBytes(16) })
  assert.equal((await push({}, foreign)).status, 400)
  assert.deepEqual(
    sandbox.pushes.map(({ text: said }) => said),
    ['hello'],
  )
})

test('a token of another sender, for another service, expired, good for too long or of nobody is refused', async (t) => {
  const { sandbox, push } = await sandboxWithPush(t)
  const seconds = Math.floor(Date.now() / 1_000)
  const good = { aud: sandbox.origin, exp: seconds + 3_600, sub: subject }
  assert.equal((await push({ authorization: await token(good) })).status, 201)
  const bad = [
    { ...good, aud: 'https://other.example' },
    { ...good, exp: seconds - 1 },
    { ...good, exp: seconds + 25 * 3_600 },
    { aud: good.aud, sub: subject },
    { ...good, sub: 'somebody' },
    { aud: good.aud, exp: good.exp },
  ]
  for (const claims of bad) {
    const { status } = await push({ authorization: await token(claims) })
    assert.equal(status, 403, JSON.stringify(claims))
  }
  assert.equal(
    (await push({ authorization: await token(good, randomBytes(32)) })).status,
    403,
    'a forged signature',
  )
  const other = await new Vapid({ key: randomBytes(32), subject }).authorization(sandbox.origin)
  assert.equal((await push({ authorization: other })).status, 403, 'another sender')
})

test('whoever has only HTTP subscribes and looks at pushes by it', async (t) => {
  const sandbox = await startPushSandbox()
  t.after(() => sandbox.close())
  const ask = (url: string, body?: string, method = 'POST') =>
    post(sandbox, url, { ...(body !== undefined && { body }), method })
  const made = await ask('/subscriptions', '{"behaviour":"410"}')
  assert.equal(made.status, 201)
  const device = JSON.parse(made.said) as { endpoint: string }
  assert.ok(device.endpoint.startsWith(sandbox.origin))
  assert.equal((await ask('/subscriptions')).status, 201)
  assert.deepEqual(await ask('/pushes', undefined, 'GET'), { status: 200, said: '[]' })
  for (const none of ['{', '{"behaviour":"x"}', '{"applicationServerKey":1}'])
    assert.equal((await ask('/subscriptions', none)).status, 400, none)
  assert.equal((await ask('/subscriptions', 'x'.repeat(10_001))).status, 413)
  assert.equal((await ask('/elsewhere')).status, 404)
})

test('it is on this machine alone, and a port in use is named with the remedy', async (t) => {
  const sandbox = await startPushSandbox()
  t.after(() => sandbox.close())
  const port = Number(new URL(sandbox.origin).port)
  await assert.rejects(startPushSandbox({ port }), {
    name: 'PushError',
    message: `port ${port} is in use: choose another with --port`,
  })
})
