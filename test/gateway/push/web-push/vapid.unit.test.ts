import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { checkVapid } from '../../../../gateway/push/sandbox/refusals.ts'
import { Vapid, publicKeyOf } from '../../../../gateway/push/web-push/vapid.ts'

const key = randomBytes(32)
const subject = 'mailto:push@example.com'
const origin = 'https://push.example'
const HOUR = 3_600_000

const tokenIn = (header: string) => /^vapid t=([^,]+), k=/.exec(header)![1]!

test('a token says who is sending, for one service and half a day, in a signature that the public key verifies', async () => {
  const header = await new Vapid({ key, subject }).authorization(origin)
  await checkVapid(header, { origin, boundTo: publicKeyOf(key) })
  const { aud, sub, exp } = decodeJwt(tokenIn(header))
  assert.deepEqual([aud, sub], [origin, subject])
  const hours = (exp! * 1_000 - Date.now()) / HOUR
  assert.ok(hours > 11.9 && hours <= 12)
  assert.deepEqual(decodeProtectedHeader(tokenIn(header)), { typ: 'JWT', alg: 'ES256' })
  assert.ok(header.endsWith(`, k=${publicKeyOf(key)}`))
})

test('a service gets the same token again until half of its time is over; each service has its own', async () => {
  let now = Date.now()
  const vapid = new Vapid({ key, subject, now: () => now })
  const first = await vapid.authorization(origin)
  assert.notEqual(await vapid.authorization('https://other.example'), first)
  now += 6 * HOUR - 1
  assert.equal(await vapid.authorization(origin), first)
  now += 1
  const second = await vapid.authorization(origin)
  assert.notEqual(second, first)
  assert.ok(decodeJwt(tokenIn(second)).exp! > decodeJwt(tokenIn(first)).exp!)
})

test('a key or a subject that is none is refused by the name of its variable', () => {
  for (const none of [Buffer.alloc(32), Buffer.alloc(32, 255), Buffer.alloc(5)])
    assert.throws(() => publicKeyOf(none), { name: 'PushError', message: /VAPID_KEY.*openssl rand/ })
  for (const none of ['', 'push@example.com', 'http://example.com'])
    assert.throws(() => new Vapid({ key, subject: none }), {
      name: 'PushError',
      message: /VAPID_SUBJECT.*mailto:/,
    })
})
