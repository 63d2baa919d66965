import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ledger } from '../../../gateway/push/ledger.ts'

test('what a listener says of notifications settles none; what is two days old is forgotten', () => {
  const ledger = new Ledger()
  const outcome = (what: string, given = {}) => ({
    eventId: 'e',
    notificationId: 'ada.1',
    listener: 'ada',
    deviceId: 'hers',
    outcome: what,
    reason: null,
    status: null,
    attempt: 1,
    at: 1_000,
    ...given,
  })
  ledger.take(outcome('clicked', { deviceId: null, attempt: 0 }))
  assert.equal(ledger.isSettled('ada.1'), false)
  ledger.take(outcome('attempted'))
  assert.deepEqual(ledger.open('ada.1'), [
    { deviceId: 'hers', attempt: 1, mayHaveArrived: true, inDoubtSince: 1_000 },
  ])
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
