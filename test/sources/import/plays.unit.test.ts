import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { artistIdOf, eventIdOf, playIds, trackIdOf } from '../../../sources/import/ids.ts'
import { KnownPlays } from '../../../sources/import/known-plays.ts'
import type { Listen } from '../../../sources/import/listen.ts'
import { playOf } from '../../../sources/import/plays.ts'

const key = Buffer.alloc(32, 1)
const base: Listen = {
  playedAt: Date.UTC(2021, 3, 22, 5, 41),
  artistName: 'Artist',
  trackName: 'Track',
  msPlayed: 6_408,
  platform: 'import',
  country: null,
  skipReason: 'unknown',
  identity: { kind: 'spotify', endMinute: '2021-04-22 05:41' },
}
const id = (listen: Partial<Listen> = {}, user = 'user', by = key) =>
  playIds(by, user)({ ...base, ...listen })

test('an id depends on every part of the play, on the listener and on the key', () => {
  const others = [
    id({ identity: { kind: 'spotify', endMinute: '2021-04-22 05:42' } }),
    id({ identity: { kind: 'scrobble', startSecond: base.playedAt / 1_000 } }),
    id({ artistName: 'Artis' }),
    id({ trackName: 'tTrack' }),
    id({ msPlayed: 6_409 }),
    id({}, 'user2'),
    id({}, 'user', Buffer.alloc(32, 2)),
    id({ artistName: 'ArtistTrack', trackName: '' }),
  ]
  assert.equal(new Set([id(), ...others]).size, others.length + 1)
})

test('it is what the first version of the import gave, so that what it brought is known', () => {
  const content = JSON.stringify(['spotify', 'user', '2021-04-22 05:41', 'Artist', 'Track', 6_408])
  assert.equal(id(), createHmac('sha256', key).update(`${content}#0`).digest('hex').slice(0, 32))
})

test('second, platform and country, which one export tells and another does not, change no id', () => {
  assert.equal(id({ playedAt: base.playedAt + 35_000, platform: 'ios', country: 'DE' }), id())
})

test('a scrobble is known by its second and by its names, however they are spelt', () => {
  const at = (startSecond: number) => ({ identity: { kind: 'scrobble', startSecond } as const })
  assert.equal(id({ ...at(1), artistName: 'ARTIST ', msPlayed: 30_000 }), id(at(1)))
  assert.notEqual(id(at(2)), id(at(1)))
})

test('equal plays are told apart by number', () => {
  const ids = Array.from({ length: 300 }, (_, number) => eventIdOf(id(), number))
  assert.equal(ids[0], id())
  assert.equal(new Set(ids).size, 300)
  for (const each of ids) assert.match(each, /^[0-9a-f]{32}$/)
})

/** Of each play as many as the file that has most of it. */
function most(files: string[][]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const file of files)
    for (const each of file)
      counts.set(each, Math.max(counts.get(each) ?? 0, file.filter((one) => one === each).length))
  return counts
}

test('of equal plays there are as many as the file that tells most of them has, in whatever order files come', () => {
  const ids = [
    '00000000000000000000',
    '00000000000000020000',
    '0000000000000003',
    'ffffffffffffffff',
    'abcdabcdabcdabcd',
  ]
  const files = fc.array(fc.array(fc.constantFrom(...ids)), { maxLength: 5 })
  fc.assert(
    fc.property(files, files, (imported, some) => {
      const known = new KnownPlays()
      for (const [each, count] of most(imported)) for (let one = 0; one < count; one++) known.add(each)
      const taken = new Map<string, number>(most(imported))
      for (const file of some) {
        for (const each of file) {
          const number = known.take(each)
          if (number < 0) continue
          assert.equal(number, taken.get(each) ?? 0, 'numbers follow each other')
          taken.set(each, number + 1)
        }
        known.endFile()
      }
      const sum = (counts: Map<string, number>) => counts.values().reduce((total, each) => total + each, 0)
      assert.equal(sum(taken), sum(most([...imported, ...some])))
    }),
  )
})

test('a hundred thousand plays are told apart, and known again', () => {
  const known = new KnownPlays()
  const ids = Array.from({ length: 100_000 }, (_, each) => id({ msPlayed: each }))
  for (const each of ids) assert.equal(known.take(each), 0)
  known.endFile()
  for (const each of ids) assert.equal(known.take(each), -1)
  for (const each of ids) assert.equal(known.take(each), 1)
})

test('one play more often than can be counted is no play any more', () => {
  const known = new KnownPlays()
  for (let each = 0; each < 65_535; each++) assert.equal(known.take(id()), each)
  assert.equal(known.take(id()), -1)
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
  const origin = { eventId: 'id', userId: 'user', source: 'import:id-1' }
  assert.equal(playOf({ ...base, skipReason: 'next' }, origin).skipReason, 'next')
  assert.deepEqual(playOf(base, origin), {
    ...origin,
    trackId: trackIdOf('Artist', 'Track'),
    trackName: 'Track',
    artistId: artistIdOf('Artist'),
    artistName: 'Artist',
    playedAt: base.playedAt,
    msPlayed: 6_408,
    platform: 'import',
    ip: null,
    country: null,
    sessionId: null,
    context: null,
    skipReason: 'unknown',
    timeZone: null,
    location: null,
  })
})
