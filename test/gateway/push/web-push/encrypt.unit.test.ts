import assert from 'node:assert/strict'
import { createECDH, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import webPush from 'web-push'
import { decrypt } from '../../../../gateway/push/sandbox/decrypt.ts'
import { MOST_TEXT_BYTES, encrypt } from '../../../../gateway/push/web-push/encrypt.ts'

const bytes = (text: string) => Buffer.from(text, 'base64url')

function pairOf(secret: string) {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(bytes(secret))
  return pair
}

/** RFC 8291, appendix A. */
const rfc = {
  text: Buffer.from('When I grow up, I want to be a watermelon'),
  sender: pairOf('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'),
  receiver: pairOf('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94'),
  salt: bytes('DGv6ra1nlYgDCS1FRnbzlw'),
  auth: bytes('BTBZMqHH6r4Tts7J_aSIgg'),
  body: bytes(
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  ),
}

test('the example of RFC 8291 comes out byte for byte, and opens again', () => {
  const { text, sender, receiver, salt, auth, body } = rfc
  const p256dh = receiver.getPublicKey()
  assert.deepEqual(encrypt(text, { p256dh, auth }, { keys: sender, salt }), body)
  assert.deepEqual(decrypt(body, receiver, auth), text)
})

test('any text up to the longest opens with the browser’s keys, in a body that every service takes; changed in any bit it does not', () => {
  const [receiver, auth] = [createECDH('prime256v1'), randomBytes(16)]
  const p256dh = receiver.generateKeys()
  const text = fc.uint8Array({ maxLength: MOST_TEXT_BYTES })
  fc.assert(
    fc.property(text, fc.nat(), (given, where) => {
      const body = encrypt(Buffer.from(given), { p256dh, auth })
      assert.ok(body.length <= 4_096)
      assert.deepEqual(decrypt(body, receiver, auth), Buffer.from(given))
      body[where % body.length]! ^= 1
      // All but the size of the records is authenticated.
      if (where % body.length < 16 || where % body.length >= 20)
        assert.throws(() => decrypt(body, receiver, auth))
    }),
    { numRuns: 50 },
  )
  assert.equal(encrypt(Buffer.alloc(MOST_TEXT_BYTES), { p256dh, auth }).length, 4_096)
})

test('no two messages have a key or a salt in common', () => {
  const [receiver, auth] = [createECDH('prime256v1'), randomBytes(16)]
  const p256dh = receiver.generateKeys()
  const heads = Array.from({ length: 100 }, () => encrypt(rfc.text, { p256dh, auth }))
  assert.equal(new Set(heads.map((body) => body.toString('hex', 0, 16))).size, 100)
  assert.equal(new Set(heads.map((body) => body.toString('hex', 21, 86))).size, 100)
})

test('what another library encrypts opens here', async () => {
  const [receiver, auth] = [createECDH('prime256v1'), randomBytes(16)]
  const vapid = webPush.generateVAPIDKeys()
  const details = webPush.generateRequestDetails(
    {
      endpoint: 'https://push.example/x',
      keys: { p256dh: receiver.generateKeys('base64url'), auth: auth.toString('base64url') },
    },
    'a text',
    { vapidDetails: { subject: 'mailto:a@example.com', ...vapid } },
  )
  assert.equal(decrypt(details.body, receiver, auth).toString(), 'a text')
})
