import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { artistTotal } from '../../../pipelines/steps/artist-total.ts'
import { listenerBits } from '../../../pipelines/steps/listener-bits.ts'
import { pseudonymise } from '../../../schemas/pseudonym.ts'
import { at, play } from '../../kit/builders.ts'

const window = { start: at('12:00:00'), end: at('12:01:00') }
const key = Buffer.alloc(32, 5)

const plays = fc.array(
  fc.record({
    listener: fc.nat(20).map((user) => pseudonymise(key, String(user))),
    msPlayed: fc.nat(86_400_000),
    receivedAt: fc.integer({ min: at('12:00:00'), max: at('13:00:00') }),
    artistName: fc.string(),
  }),
  { minLength: 1, maxLength: 50 },
)

const bitsOf = (listeners: Iterable<string>) =>
  Iterator.from(listeners).reduce(
    (bits, listener) => listenerBits.add(bits, play({ listener })),
    listenerBits.initial(),
  )

test('a listener may be called anything', () => {
  const named = ['', 'x', 'ada'].map((listener) => play({ listener }))
  const tally = named.reduce((sum, each) => artistTotal.add(sum, each), artistTotal.initial())
  assert.equal(artistTotal.result(tally, 'a1', window).listeners, 3)
})

test('an artist’s total is plays, time, distinct listeners, newest name and arrival', () => {
  fc.assert(
    fc.property(plays, (all) => {
      const tally = all.reduce((before, given) => artistTotal.add(before, play(given)), artistTotal.initial())
      const newest = Math.max(...all.map(({ receivedAt }) => receivedAt))
      const names = all.filter(({ receivedAt }) => receivedAt === newest).map(({ artistName }) => artistName)
      assert.deepEqual(artistTotal.result(tally, 'a1', window), {
        artistId: 'a1',
        artistName: names.sort().at(-1),
        windowStart: window.start,
        windowEnd: window.end,
        plays: all.length,
        msPlayed: all.reduce((sum, { msPlayed }) => sum + msPlayed, 0),
        listeners: new Set(all.map(({ listener }) => listener)).size,
        listenerBits: listenerBits.result(bitsOf(all.map(({ listener }) => listener)), 'a1'),
        receivedAt: newest,
      })
    }),
  )
})

test('a tally read back from its bytes goes on as if it had never been away', () => {
  fc.assert(
    fc.property(plays, plays, (before, after) => {
      const fold = (given: typeof before, from = artistTotal.initial()) =>
        given.reduce((tally, each) => artistTotal.add(tally, play(each)), from)
      const stored = artistTotal.codec.decode(artistTotal.codec.encode(fold(before)))
      assert.deepEqual(
        artistTotal.result(fold(after, stored), 'a1', window),
        artistTotal.result(fold([...before, ...after]), 'a1', window),
      )
    }),
  )
})

test('each new tally starts from nothing', () => {
  artistTotal.add(artistTotal.initial(), play())
  assert.equal(artistTotal.result(artistTotal.initial(), 'a1', window).listeners, 0)
})
