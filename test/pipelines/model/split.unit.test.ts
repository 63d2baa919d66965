import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Listening, compareIds } from '../../../pipelines/model/interactions.ts'
import { readListenings } from '../../../pipelines/model/read-listenings.ts'
import { splitByHash } from '../../../pipelines/model/split.ts'

const file = join(import.meta.dirname, '../../../../shared/data/hetrec2011-lastfm/user_artists.dat')
const skip = existsSync(file) ? false : 'the listening counts (../shared/data/hetrec2011-lastfm) are not here'

/** Of the lines `listener,artist,plays` in order. */
const checksum = (rows: readonly Listening[]): string =>
  createHash('sha256')
    .update(
      [...rows]
        .sort(
          (one, other) => compareIds(one.listener, other.listener) || compareIds(one.artist, other.artist),
        )
        .map(({ listener, artist, plays }) => `${listener},${artist},${plays}`)
        .join('\n'),
    )
    .digest('hex')

test('the split of HetRec 2011 is the one of the protocol', { skip }, async () => {
  const all = await readListenings(file)
  const { train, test: held } = splitByHash(all)
  assert.deepEqual([all.length, train.length, held.length], [92_834, 74_297, 18_537])
  assert.equal(checksum(train), '4a79c0c57090142869cb9f2eb6b2c773a6118f0afa06de1dbd30acf489633d99')
  assert.equal(checksum(held), 'eae65b159f805d6f01907921426df4e39ce680396c3fa88cedbe964f1f415c71')
  const ofTwo = held.filter(({ listener }) => listener === '2').map(({ artist }) => Number(artist))
  assert.deepEqual(
    ofTwo.sort((one, other) => one - other),
    [68, 70, 71, 73, 75, 78, 82, 85, 86, 100],
  )
  const inner = splitByHash(train, 'val:')
  assert.deepEqual([inner.train.length, inner.test.length], [59_470, 14_827])
})

test('each row is on one side, a fifth of whoever has ten artists is held back, and the order of rows says nothing', () => {
  const rows = fc.uniqueArray(
    fc.record({ listener: fc.constantFrom('a', 'b'), artist: fc.nat(60).map(String) }),
    {
      selector: ({ listener, artist }) => `${listener}:${artist}`,
    },
  )
  fc.assert(
    fc.property(rows, fc.string(), (pairs, salt) => {
      const all = pairs.map((pair) => ({ ...pair, plays: 1 }))
      const { train, test: held } = splitByHash(all, salt)
      assert.deepEqual(new Set([...train, ...held]), new Set(all))
      assert.equal(train.length + held.length, all.length)
      for (const its of Map.groupBy(all, ({ listener }) => listener).values()) {
        const heldOfIts = held.filter(({ listener }) => listener === its[0]!.listener)
        assert.equal(heldOfIts.length, its.length < 10 ? 0 : Math.floor(its.length / 5))
      }
      assert.equal(checksum(splitByHash(all.toReversed(), salt).test), checksum(held))
    }),
  )
})
