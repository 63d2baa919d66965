import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IANAZone } from 'luxon'
import { utcOffsetMinutes } from '../../../pipelines/steps/utc-offset.ts'

const MINUTE = 60_000

test('the offset of a zone at a time, on both sides of each change of it', () => {
  for (const zone of ['Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns', 'UTC'])
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 5 * 60 * MINUTE)
      assert.equal(utcOffsetMinutes(zone, at), new IANAZone(zone).offset(at), `${zone} ${at}`)
  assert.equal(utcOffsetMinutes('Europe/Berlin', Date.UTC(2026, 2, 29, 1) - 1), 60)
  assert.equal(utcOffsetMinutes('Europe/Berlin', Date.UTC(2026, 2, 29, 1)), 120)
})

// Names of this test alone: files of tests may share a process, and what was asked before is known.
test('what is no zone is asked for once, and has no offset', (t) => {
  const asked = t.mock.method(IANAZone, 'isValidZone')
  for (const _ of Array(3)) assert.equal(utcOffsetMinutes('My house by the sea', 0), null)
  assert.equal(asked.mock.callCount(), 1)
  for (const _ of Array(3)) assert.equal(utcOffsetMinutes('Asia/Pyongyang', 0), 540)
  assert.equal(asked.mock.callCount(), 2)
})
