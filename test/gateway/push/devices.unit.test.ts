import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Devices, MOST_DEVICES } from '../../../gateway/push/devices.ts'
import { Ledger } from '../../../gateway/push/ledger.ts'

const subscription = (listener: string, deviceId: string) => ({
  ...{ listener, deviceId, provider: 'web-push', keyId: 'k1', sealed: Buffer.alloc(0), changedAt: 0 },
})
const idsOf = (devices: Devices, listener: string) => devices.of(listener).map(({ deviceId }) => deviceId)

test('a listener has so many devices at most: those that came, or came again, last', () => {
  const devices = new Devices()
  devices.put(subscription('bob', 'his'))
  for (let each = 0; each < MOST_DEVICES; each++) devices.put(subscription('ada', `device-${each}`))
  devices.put(subscription('ada', 'device-0'))
  devices.put(subscription('ada', 'one more'))
  const ids = idsOf(devices, 'ada')
  assert.equal(ids.length, MOST_DEVICES)
  assert.deepEqual(ids.slice(-2), ['device-0', 'one more'])
  assert.ok(!ids.includes('device-1'))
  assert.deepEqual(idsOf(devices, 'bob'), ['his'])
})

test('a device that is taken back is gone; one that was never there is gone already', () => {
  const devices = new Devices()
  devices.put(subscription('ada', 'hers'))
  devices.delete('ada', 'another')
  assert.equal(devices.get('ada', 'hers')?.deviceId, 'hers')
  devices.delete('ada', 'hers')
  devices.delete('nobody', 'hers')
  assert.deepEqual(idsOf(devices, 'ada'), [])
})

test('what a listener says of notifications settles none; what is two days old is forgotten', () => {
  const ledger = new Ledger()
  const outcome = (what: string, given = {}) => ({
    ...{ eventId: 'e', notificationId: 'ada.1', listener: 'ada', deviceId: 'hers', outcome: what },
    ...{ reason: null, status: null, attempt: 1, at: 1_000 },
    ...given,
  })
  ledger.take(outcome('clicked', { deviceId: null, attempt: 0 }))
  assert.equal(ledger.isSettled('ada.1'), false)
  ledger.take(outcome('attempted'))
  assert.deepEqual(ledger.open('ada.1'), [{ deviceId: 'hers', attempt: 1, inDoubtSince: 1_000 }])
  ledger.take(outcome('accepted', { status: 201 }))
  assert.ok(ledger.isSettled('ada.1'))
  // What this process has written comes back from Kafka once more.
  ledger.take(outcome('attempted'))
  assert.ok(ledger.isSettled('ada.1'))
  const hour = 3_600_000
  const pushedAt = (now: number) => ledger.pushedAt('ada', { now, but: 'ada.2' })
  assert.deepEqual(pushedAt(23 * hour), [1_000])
  assert.deepEqual(pushedAt(25 * hour), [])
  ledger.forget(47 * hour)
  assert.ok(ledger.isSettled('ada.1'))
  ledger.forget(49 * hour)
  assert.equal(ledger.isSettled('ada.1'), false)
})
