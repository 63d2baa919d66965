import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Looking } from '../../../cli/privacy/search/looking.ts'
import { type Needle, Needles } from '../../../cli/privacy/search/needles.ts'

/** Few letters, so that needles lie in one another and are found often; 0 and 0xff because they are bytes, too. */
const byte = fc.constantFrom(...Buffer.from('abABz0\0\xff', 'latin1'))
const bytes = (constraints: fc.ArrayConstraints) =>
  fc.array(byte, constraints).map((each) => Buffer.from(each))
const needles = fc
  .array(fc.record({ bytes: bytes({ minLength: 4, maxLength: 7 }), anyCase: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((all) => all.map((each, identifier): Needle => ({ ...each, identifier, name: 'any' })))

const lower = (text: Buffer) => text.toString('latin1').replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
const isAt = (text: Buffer, at: number, { bytes: its, anyCase }: Needle) => {
  const part = text.subarray(at, at + its.length)
  return anyCase ? lower(part) === lower(its) : part.equals(its)
}

/** By comparing everything with everything. */
const naive = (text: Buffer, all: readonly Needle[]) =>
  all.flatMap((needle) =>
    Array.from(text.keys()).flatMap((at) => (isAt(text, at, needle) ? [`${needle.identifier}@${at}`] : [])),
  )

test('what is found is what a comparison of everything finds', () => {
  fc.assert(
    fc.property(needles, bytes({ maxLength: 200 }), (all, text) => {
      const found = new Needles(all).find(text).map(({ needle, at }) => `${needle.identifier}@${at}`)
      assert.deepEqual(found.sort(), naive(text, all).sort())
    }),
    { numRuns: 2_000 },
  )
})

test('in chunks of any size the same is found at the same places, once', async () => {
  await fc.assert(
    fc.asyncProperty(
      ...([needles, fc.array(bytes({ maxLength: 30 }), { maxLength: 12 })] as const),
      async (all, chunks) => {
        const looking = new Looking('somewhere', new Needles(all))
        const places: number[] = []
        await looking.lookThrough({ name: 'it' }, iterated(chunks), (at) => String(places.push(at)))
        const found = looking.findings.map(({ identifier, times }) => `${identifier - 1}: ${times}`)
        const expected = Map.groupBy(naive(Buffer.concat(chunks), all), (each) => each.split('@')[0]!)
        assert.deepEqual(found.sort(), [...expected].map(([id, its]) => `${id}: ${its.length}`).sort())
        const starts = [...expected.values()].flat().map((each) => Number(each.split('@')[1]))
        for (const place of places) assert.ok(starts.includes(place))
        assert.equal(looking.bytes, Buffer.concat(chunks).length)
      },
    ),
    { numRuns: 1_000 },
  )
})

async function* iterated(chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks
}

test('many that begin alike are each found', () => {
  const all = Array.from({ length: 3_000 }, (_, identifier): Needle => ({
    identifier,
    name: 'any',
    anyCase: true,
    bytes: Buffer.from(`listener-${identifier}.`),
  }))
  const text = Buffer.from(all.map((needle) => needle.bytes.toString().toUpperCase()).join(' '))
  assert.equal(new Needles(all).find(text).length, all.length)
})
