import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as holds, property, record, string } from 'fast-check'
import { address, artistAddress, choice, dayIn } from '../../../../dashboards/web/model/address.ts'
import { isoDay } from '../../../../dashboards/web/model/iso-day.ts'
import { viewAt } from '../../../../dashboards/web/model/places.ts'

const parametersOf = (href: string) => new URL(href, 'http://page').searchParams

test('what is put into an address is found in it again, whatever it is', () => {
  holds(
    property(
      record({ id: string({ minLength: 1, unit: 'grapheme' }), name: string({ minLength: 1 }) }),
      (artist) => {
        const found = parametersOf(artistAddress(artist.id, artist.name))
        assert.deepEqual(Object.fromEntries(found), { ...artist })
      },
    ),
  )
  holds(
    property(array(string()), (values) => {
      const given = Object.fromEntries(values.map((value, index) => [`p${index}`, value]))
      const kept = Object.entries(given).filter(([, value]) => value !== '')
      assert.deepEqual([...parametersOf(address('/artists', given))], kept)
    }),
  )
})

test('an address that somebody has made up shows what there is by default', () => {
  const given = new URLSearchParams('period=century&day=2026-02-30')
  assert.equal(choice(given, 'period', ['day', 'week']), 'day')
  assert.equal(choice(new URLSearchParams('period=week'), 'period', ['day', 'week']), 'week')
  assert.equal(dayIn(given, 'day'), '')
  for (const day of ['26-1-1', '2026-13-01', '', 'today'])
    assert.equal(dayIn(new URLSearchParams({ day }), 'day'), '')
  assert.equal(dayIn(new URLSearchParams('day=2026-02-28'), 'day'), '2026-02-28')
  assert.equal(isoDay(Date.UTC(1901, 1, 3, 23)), '1901-02-03')
  assert.deepEqual(['/', '/you', '/nothing'].map(viewAt), ['overview', 'you', 'overview'])
})
