import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { artistIdOf, eventIds, trackIdOf } from '../../../sources/import/ids.ts'
import { playsOf } from '../../../sources/import/plays.ts'
import type { ListenedRow } from '../../../sources/import/spotify.ts'

const key = Buffer.alloc(32, 1)
const base: ListenedRow = {
  endTime: '2021-04-22 05:41',
  endedAt: Date.UTC(2021, 3, 22, 5, 41),
  artistName: 'Artist',
  trackName: 'Track',
  msPlayed: 6_408,
}

const someRows = fc.array(
  fc.record({
    endTime: fc.constantFrom('2021-04-22 05:41', '2021-04-22 05:42'),
    endedAt: fc.constant(0),
    artistName: fc.constantFrom('A', 'B', 'A","B'),
    trackName: fc.constantFrom('T', 'U', '","'),
    msPlayed: fc.constantFrom(0, 1, 10),
  }),
  { maxLength: 60 },
)

test('every row has an id of its own, equal rows too', () => {
  fc.assert(
    fc.property(someRows, (rows) => {
      const ids = eventIds(key, 'user', rows)
      assert.equal(new Set(ids).size, rows.length)
      for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/)
    }),
  )
})

test('the ids of an import do not depend on the order of its rows', () => {
  fc.assert(
    fc.property(someRows, (rows) => {
      assert.deepEqual(eventIds(key, 'user', rows.toReversed()).sort(), eventIds(key, 'user', rows).sort())
    }),
  )
})

test('an export that goes on where an older one ended gives the older rows the same ids', () => {
  fc.assert(
    fc.property(someRows, someRows, (older, newer) => {
      assert.deepEqual(
        eventIds(key, 'user', [...older, ...newer]).slice(0, older.length),
        eventIds(key, 'user', older),
      )
    }),
  )
})

test('an id depends on every part of the play, on the listener and on the key', () => {
  const id = (row: Partial<ListenedRow> = {}, user = 'user', by = key) =>
    eventIds(by, user, [{ ...base, ...row }])[0]
  const others = [
    id({ endTime: '2021-04-22 05:42' }),
    id({ artistName: 'Artis' }),
    id({ trackName: 'tTrack' }),
    id({ msPlayed: 6_409 }),
    id({}, 'user2'),
    id({}, 'user', Buffer.alloc(32, 2)),
    id({ artistName: 'ArtistTrack', trackName: '' }),
  ]
  assert.equal(new Set([id(), ...others]).size, others.length + 1)
})

test('names that differ in case, spacing or Unicode form are one artist, one track', () => {
  assert.equal(artistIdOf('Beyonce\u0301'), artistIdOf(' BEYONC\u00c9 '))
  assert.equal(trackIdOf('A', 'So  What'), trackIdOf('a', 'so what'))
  assert.notEqual(artistIdOf('A'), artistIdOf('B'))
  assert.notEqual(trackIdOf('A', 'Intro'), trackIdOf('B', 'Intro'))
  assert.notEqual(trackIdOf('A B', 'C'), trackIdOf('A', 'B C'))
  assert.match(artistIdOf('A'), /^[0-9a-f]{24}$/)
})

test('a play says where it comes from and claims nothing that the export does not', () => {
  const [play] = playsOf([base], { pseudonymKey: key, userId: 'user', importId: 'id-1' })
  assert.deepEqual(play, {
    eventId: eventIds(key, 'user', [base])[0],
    userId: 'user',
    trackId: trackIdOf('Artist', 'Track'),
    trackName: 'Track',
    artistId: artistIdOf('Artist'),
    artistName: 'Artist',
    playedAt: base.endedAt,
    msPlayed: 6_408,
    platform: 'import',
    ip: null,
    country: null,
    source: 'import:id-1',
    ...{ sessionId: null, context: null, skipReason: 'unknown', timeZone: null, location: null },
  })
})
