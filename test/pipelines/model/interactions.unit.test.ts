import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Interactions, compareIds, rowOf } from '../../../pipelines/model/interactions.ts'

const listening = fc.record({
  listener: fc.constantFrom('1', '2', '10', 'eva'),
  artist: fc.constantFrom('5', '50', '6', 'björk', 'a'),
  plays: fc.integer({ min: 1, max: 9 }),
})

test('plays are found by listener and by artist, those of the same two added up', () => {
  fc.assert(
    fc.property(fc.array(listening), (rows) => {
      const { listeners, artists, byListener, byArtist } = Interactions.of(rows)
      const wanted = Map.groupBy(rows, ({ listener, artist }) => `${listener} ${artist}`)
      const total = (key: string) => wanted.get(key)!.reduce((sum, { plays }) => sum + plays, 0)
      const found = new Map<string, number>()
      for (const [number, listener] of listeners.entries()) {
        const { columns, values } = rowOf(byListener, number)
        for (const [at, artist] of columns.entries()) found.set(`${listener} ${artists[artist]}`, values[at]!)
      }
      assert.deepEqual(found, new Map([...found.keys()].map((key) => [key, total(key)])))
      assert.equal(found.size, wanted.size)
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

test('ids are in order by number where they are numbers, and by text where they are not', () => {
  const ids = ['b', '10', 'a', '9', '007', '1e3', '-1']
  assert.deepEqual(ids.sort(compareIds), ['007', '9', '10', '-1', '1e3', 'a', 'b'])
})
