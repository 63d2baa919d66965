import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareIds, interactionsOf, rowOf } from '../../../pipelines/model/interactions.ts'

const listening = fc.record({
  listener: fc.constantFrom('1', '2', '10', 'eva'),
  artist: fc.constantFrom('5', '50', '6', 'björk', 'a'),
  plays: fc.integer({ min: 1, max: 9 }),
})

const pairs = fc.uniqueArray(listening, { selector: ({ listener, artist }) => `${listener} ${artist}` })

test('plays are found by listener and by artist', () => {
  fc.assert(
    fc.property(pairs, (rows) => {
      const { listeners, artists, byListener, byArtist } = interactionsOf(rows)
      const wanted = new Map(rows.map(({ listener, artist, plays }) => [`${listener} ${artist}`, plays]))
      const found = new Map<string, number>()
      for (const [number, listener] of listeners.entries()) {
        const { columns, values } = rowOf(byListener, number)
        for (const [at, artist] of columns.entries()) found.set(`${listener} ${artists[artist]}`, values[at]!)
      }
      assert.deepEqual(found, wanted)
      for (const [number, artist] of artists.entries()) {
        const { columns, values } = rowOf(byArtist, number)
        for (const [at, listener] of columns.entries())
          assert.equal(values[at], found.get(`${listeners[listener]} ${artist}`))
      }
      assert.equal(byArtist.columns.length, wanted.size)
    }),
    { numRuns: 500 },
  )
})

test('ids are in order by number where they are numbers, of any length, and by text where they are not', () => {
  const ids = ['b', '10', 'a', '9', '007', '7', '1e3', '-1', '1800000000000000001', '1800000000000000000']
  const inOrder = ['007', '7', '9', '10', '1800000000000000000', '1800000000000000001', '-1', '1e3', 'a', 'b']
  assert.deepEqual(ids.sort(compareIds), inOrder)
})
