import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Devices, MOST_DEVICES } from '../../../gateway/push/devices.ts'

const subscription = (listener: string, deviceId: string, changedAt = 0) => ({
  listener,
  deviceId,
  provider: 'web-push',
  keyId: 'k1',
  sealed: Buffer.alloc(0),
  changedAt,
})
const idsOf = (devices: Devices, listener: string) => devices.of(listener).map(({ deviceId }) => deviceId)

test('a listener has so many devices at most: those that came, or came again, last, in whatever order they are read', () => {
  const all = Array.from({ length: MOST_DEVICES }, (_, each) => subscription('ada', `device-${each}`, each))
  const again = [subscription('ada', 'device-0', 100), subscription('ada', 'one more', 101)]
  const told = [...all, ...again]
  for (const order of [told, told.toReversed(), [...again, ...all]]) {
    const devices = new Devices()
    devices.put(subscription('bob', 'his'))
    for (const each of order) devices.put(each)
    const ids = idsOf(devices, 'ada')
    assert.equal(ids.length, MOST_DEVICES)
    assert.ok(ids.includes('device-0') && ids.includes('one more') && !ids.includes('device-1'))
    assert.deepEqual(devices.outdated, ['ada.device-1'])
    assert.deepEqual(idsOf(devices, 'bob'), ['his'])
  }
})

test('a device is one listener’s, who said so last: what there is of others is to be taken back', () => {
  const told = [subscription('ada', 'shared', 1), subscription('bob', 'shared', 2)]
  for (const order of [told, told.toReversed()]) {
    const devices = new Devices()
    for (const each of order) devices.put(each)
    assert.deepEqual([idsOf(devices, 'ada'), idsOf(devices, 'bob')], [[], ['shared']])
    assert.deepEqual(devices.outdated, ['ada.shared'])
    devices.delete('ada', 'shared')
    assert.deepEqual([devices.outdated, idsOf(devices, 'bob')], [[], ['shared']])
    devices.put(subscription('ada', 'shared', 3))
    assert.deepEqual([idsOf(devices, 'ada'), devices.outdated], [['shared'], ['bob.shared']])
  }
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
