import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quietUntil } from '../../../gateway/push/quiet-hours.ts'

const berlin = { timeZone: 'Europe/Berlin', quietHours: '22:00-08:00' }
const utc = (text: string) => Date.parse(`${text}Z`)

test('at night, in the listener’s time zone, it is quiet until the morning', () => {
  assert.equal(quietUntil(utc('2026-01-10T20:59:59'), berlin), undefined)
  assert.equal(quietUntil(utc('2026-01-10T21:00:00'), berlin), utc('2026-01-11T07:00:00'))
  assert.equal(quietUntil(utc('2026-01-11T03:00:00'), berlin), utc('2026-01-11T07:00:00'))
  assert.equal(quietUntil(utc('2026-01-11T07:00:00'), berlin), undefined)
  const auckland = { ...berlin, timeZone: 'Pacific/Auckland' }
  assert.equal(quietUntil(utc('2026-01-10T12:00:00'), auckland), utc('2026-01-10T19:00:00'))
})

test('hours of a day are quiet as well as those over midnight', () => {
  const siesta = { ...berlin, quietHours: '13:00-15:30' }
  assert.equal(quietUntil(utc('2026-07-01T11:30:00'), siesta), utc('2026-07-01T13:30:00'))
  assert.equal(quietUntil(utc('2026-07-01T13:30:00'), siesta), undefined)
  assert.equal(quietUntil(utc('2026-07-01T10:59:00'), siesta), undefined)
})

test('the hours are those of the clock on the wall, also where it is set to summer or winter time', () => {
  // In the night to March 29th, 2026, two o’clock is three; in the night to October 25th, three is two again.
  assert.equal(quietUntil(utc('2026-03-28T22:00:00'), berlin), utc('2026-03-29T06:00:00'))
  assert.equal(quietUntil(utc('2026-10-24T21:00:00'), berlin), utc('2026-10-25T07:00:00'))
  const lost = { ...berlin, quietHours: '22:00-02:30' }
  const end = quietUntil(utc('2026-03-28T23:00:00'), lost)!
  assert.equal(quietUntil(end, lost), undefined)
})

test('whoever has said nothing has quiet nights where a time zone is known; whoever wants none has none', () => {
  const night = utc('2026-01-10T23:00:00')
  assert.ok(quietUntil(night, { timeZone: 'Europe/Berlin' }))
  assert.equal(quietUntil(night, {}), undefined)
  assert.equal(quietUntil(night, { ...berlin, quietHours: 'none' }), undefined)
  assert.equal(quietUntil(night, { quietHours: '22:00-08:00' }), undefined)
})

test('whenever it is quiet it ends within a day, and not before it has', () => {
  const two = (n: number) => String(n).padStart(2, '0')
  const time = fc.tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 })).map(([h, m]) => `${two(h)}:${two(m)}`)
  const zone = fc.constantFrom(
    'Europe/Berlin',
    'America/St_Johns',
    'Pacific/Apia',
    'Australia/Lord_Howe',
    'UTC',
  )
  const now = fc.integer({ min: utc('2025-01-01T00:00:00'), max: utc('2027-01-01T00:00:00') })
  fc.assert(
    fc.property(now, zone, time, time, (at, timeZone, from, to) => {
      fc.pre(from !== to)
      const hours = { timeZone, quietHours: `${from}-${to}` }
      const until = quietUntil(at, hours)
      const wall = new Date(at).toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' })
      const isQuiet = from < to ? from <= wall && wall < to : from <= wall || wall < to
      assert.equal(until !== undefined, isQuiet)
      if (until !== undefined) assert.ok(until > at && until <= at + 26 * 3_600_000)
    }),
    { numRuns: 1_000 },
  )
})
