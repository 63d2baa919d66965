import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Circumstances, decide } from '../../../gateway/push/decide.ts'

const HOUR = 3_600_000
const now = Date.parse('2026-01-10T12:00:00Z')
const lasting = { expiresAt: now + 24 * HOUR }
const decideWith = (given: Partial<Circumstances>, notification = lasting) =>
  decide(notification, { settings: {}, pushedAt: [], hasDevice: true, pushesADay: 3, now, ...given })

test('what nothing speaks against is sent', () => {
  assert.deepEqual(decideWith({}), { kind: 'send' })
  assert.deepEqual(decideWith({ settings: { push: 'on' } }), { kind: 'send' })
})

test('what has expired, is unwanted or has no device to go to is dropped', () => {
  const dropped = (reason: string) => ({ kind: 'drop', reason })
  assert.deepEqual(decideWith({}, { expiresAt: now }), dropped('expired'))
  assert.deepEqual(decideWith({ settings: { push: 'off' } }), dropped('unwanted'))
  assert.deepEqual(decideWith({ settings: { 'pushes-a-day': '0' } }), dropped('unwanted'))
  assert.deepEqual(decideWith({ hasDevice: false }), dropped('no_device'))
})

test('whoever has had as many as they want in 24 hours waits until the first of them is a day old', () => {
  const pushedAt = [now - 23 * HOUR, now - 5 * HOUR, now - HOUR]
  const waits = { kind: 'wait', until: now + HOUR }
  assert.deepEqual(decideWith({ pushedAt }), waits)
  assert.deepEqual(decideWith({ pushedAt, settings: { 'pushes-a-day': '4' } }), { kind: 'send' })
  assert.deepEqual(decideWith({ pushedAt, settings: { 'pushes-a-day': '2' } }), {
    ...waits,
    until: now + 19 * HOUR,
  })
  assert.deepEqual(decideWith({ pushedAt }, { expiresAt: now + HOUR }), {
    kind: 'drop',
    reason: 'many_today',
  })
})

test('in quiet hours it waits for their end, or is dropped if it has expired by then', () => {
  const night = Date.parse('2026-01-10T23:00:00Z')
  const settings = { 'time-zone': 'UTC', 'quiet-hours': '22:00-08:00' }
  const until = Date.parse('2026-01-11T08:00:00Z')
  assert.deepEqual(decideWith({ settings, now: night }), { kind: 'wait', until })
  assert.deepEqual(decideWith({ settings, now: night }, { expiresAt: until }), {
    kind: 'drop',
    reason: 'quiet_hours',
  })
})
