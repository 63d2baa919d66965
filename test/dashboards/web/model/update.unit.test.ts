import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isTopArtistsUpdate } from '../../../../dashboards/web/model/update.ts'

const update = {
  top: [{ artistId: 'a', artistName: 'A', plays: 1, msPlayed: 2 }],
  minutes: [{ start: 60_000, plays: 1 }],
  totalPlays: 1,
  receivedAt: [1],
  k: 10,
}

test('an update as the channel promises it is taken', () => {
  assert.ok(isTopArtistsUpdate(update))
  assert.ok(isTopArtistsUpdate({ ...update, top: [], minutes: [], receivedAt: [], added: 'later' }))
})

for (const [what, value] of Object.entries({
  'a missing list': { ...update, top: undefined },
  'an artist without a name': { ...update, top: [{ ...update.top[0], artistName: null }] },
  'null for an artist': { ...update, top: [null] },
  'a minute without plays': { ...update, minutes: [{ start: 0 }] },
  'null for a minute': { ...update, minutes: [null] },
  'a time that is text': { ...update, receivedAt: ['now'] },
  'no total': { ...update, totalPlays: undefined },
  'no k': { ...update, k: undefined },
})) {
  test(`${what} is refused`, () => assert.equal(isTopArtistsUpdate(value), false))
}

test('whatever comes, it is judged and not thrown at', () => {
  const lists = fc.record({ top: fc.array(fc.anything()), minutes: fc.array(fc.anything()) })
  fc.assert(
    fc.property(fc.oneof(fc.anything(), lists), (value) => {
      assert.equal(isTopArtistsUpdate(value), false)
    }),
  )
})
