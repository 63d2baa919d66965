import assert from 'node:assert/strict'
import { createECDH, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import {
  deviceIdOf,
  isWebPushDevice,
  openSubscription,
  sealSubscription,
} from '../../schemas/push-subscriptions.ts'

const key = { id: 'k1', bytes: randomBytes(32) }
const device = {
  endpoint: 'https://push.example/send/abc',
  keys: {
    p256dh: createECDH('prime256v1').generateKeys('base64url'),
    auth: randomBytes(16).toString('base64url'),
  },
}

test('a subscription opens with its key, for its listener and device alone', () => {
  const sealed = sealSubscription(key, { listener: 'one', device, changedAt: 5 })
  assert.deepEqual(openSubscription(key, sealed), device)
  assert.doesNotMatch(sealed.sealed.toString('latin1'), /push\.example/)
  assert.throws(() => openSubscription({ ...key, bytes: randomBytes(32) }, sealed))
  assert.throws(() => openSubscription(key, { ...sealed, listener: 'two' }))
  assert.throws(() => openSubscription(key, { ...sealed, deviceId: deviceIdOf('https://other.example') }))
})

test('what a browser gives besides is not kept', () => {
  const given = { ...device, expirationTime: null, userAgent: 'x' }
  assert.deepEqual(
    openSubscription(key, sealSubscription(key, { listener: 'one', device: given, changedAt: 5 })),
    device,
  )
})

test('what is no subscription is told from what is one', () => {
  assert.ok(isWebPushDevice({ ...device, expirationTime: null }))
  const { endpoint, keys } = device
  const others: unknown[] = [
    null,
    'x',
    {},
    { endpoint },
    { endpoint, keys: null },
    { endpoint: 'http://push.example/', keys },
    { endpoint: 'push.example', keys },
    { endpoint: `https://push.example/${'x'.repeat(2_048)}`, keys },
    { endpoint, keys: { ...keys, auth: randomBytes(15).toString('base64url') } },
    { endpoint, keys: { ...keys, auth: 7 } },
    { endpoint, keys: { ...keys, p256dh: Buffer.alloc(65, 4).toString('base64url') } },
    { endpoint, keys: { ...keys, p256dh: keys.p256dh.slice(1) } },
    { endpoint, keys: { ...keys, p256dh: `${keys.p256dh}!` } },
  ]
  for (const other of others) assert.equal(isWebPushDevice(other), false, JSON.stringify(other))
})
