import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { choose, slowStart } from '../../client/choose.ts'
import type { Endpoint } from '../../schemas/endpoints.ts'

const endpoint = fc.record({
  capacity: fc.integer({ min: 1, max: 20_000 }),
  connections: fc.integer({ min: 0, max: 20_000 }),
  upForMs: fc.integer({ min: 0, max: 60_000 }),
})
const someEndpoints = fc
  .array(endpoint, { minLength: 1, maxLength: 6 })
  .map((all) => all.map((each, index): Endpoint => ({ ...each, id: `n${index}`, url: '' })))
const someLongUp = someEndpoints.map((all) => all.map((each) => ({ ...each, upForMs: 30_000 })))

/** The middles of so many equal parts of 0 to 1. */
const evenly = (parts: number) => Array.from({ length: parts }, (_, part) => (part + 0.5) / parts)

/** In which share of the cases each was chosen. */
function shares(endpoints: readonly Endpoint[], chosen: readonly Endpoint[]): number[] {
  return endpoints.map(({ id }) => chosen.filter((each) => each.id === id).length / chosen.length)
}

function assertNear(actual: readonly number[], wanted: readonly number[], by: number): void {
  for (const [index, value] of actual.entries())
    assert.ok(Math.abs(value - wanted[index]!) <= by, `${actual.join(' ')} is not ${wanted.join(' ')}`)
}

const normalised = (weights: readonly number[]) => {
  const sum = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / sum)
}

test('a node gets a tenth of its share at first, then more each second, and all of it from 30 s on', () => {
  assert.deepEqual([0, 3_000, 15_000, 30_000, 1e9, Infinity].map(slowStart), [0.1, 0.1, 0.5, 1, 1, 1])
})

test('by weight each gets connections in proportion to its capacity, and while it is new less', () => {
  fc.assert(
    fc.property(someEndpoints, (endpoints) => {
      const chosen = evenly(500).map((random) => choose('weight', endpoints, () => random))
      const wanted = normalised(endpoints.map(({ capacity, upForMs }) => capacity * slowStart(upForMs)))
      assertNear(shares(endpoints, chosen), wanted, 1 / 500 + 1e-9)
    }),
  )
})

test('by least connections the emptier of two drawn is chosen, and a new one is drawn less', () => {
  const parts = evenly(64)
  fc.assert(
    fc.property(someEndpoints, (endpoints) => {
      const chosen = parts.flatMap((first) =>
        parts.map((second) => {
          const randoms = [first, second]
          return choose('least-connections', endpoints, () => randoms.shift()!)
        }),
      )
      assertNear(shares(endpoints, chosen), leastOfTwo(endpoints), 2 / 64 + 1e-9)
    }),
    { numRuns: 30 },
  )
})

/** Every pair that can be drawn, with how likely it is. */
function leastOfTwo(endpoints: readonly Endpoint[]): number[] {
  const likely = normalised(endpoints.map(({ upForMs }) => slowStart(upForMs)))
  const loads = endpoints.map(({ connections, capacity }) => connections / capacity)
  const wanted = endpoints.map(() => 0)
  for (const [one, p] of likely.entries())
    for (const [other, q] of likely.entries()) wanted[loads[other]! < loads[one]! ? other : one]! += p * q
  return wanted
}

test('in turn each is chosen as often as any other, beginning anywhere', () => {
  fc.assert(
    fc.property(someLongUp, fc.integer({ min: 1, max: 5 }), (endpoints, rounds) => {
      const first = evenly(endpoints.length).map((random) => choose('round-robin', endpoints, () => random))
      assert.deepEqual(first, endpoints, 'clients that begin are spread evenly')
      let last = first[0]!
      const chosen = Array.from({ length: rounds * endpoints.length }, () => {
        last = choose('round-robin', endpoints, () => 0.99, last.id)
        return last
      })
      assert.deepEqual(
        shares(endpoints, chosen),
        endpoints.map(() => 1 / endpoints.length),
      )
    }),
  )
})

test('in turn one that is new is passed over as often as its share is small', () => {
  const upFor = fc.integer({ min: 0, max: 30_000 })
  fc.assert(
    fc.property(someLongUp, upFor, (settled, upForMs) => {
      const fresh: Endpoint = { id: 'zz', url: '', capacity: 1, connections: 0, upForMs }
      const chosen = evenly(200).map((random) =>
        choose('round-robin', [fresh, ...settled], () => random, settled.at(-1)!.id),
      )
      assertNear(shares([fresh], chosen), [slowStart(upForMs)], 1 / 200 + 1e-9)
    }),
  )
})

test('in turn one of several that are all new is chosen all the same', () => {
  fc.assert(
    fc.property(someEndpoints, fc.double({ min: 0, max: 1, maxExcluded: true }), (endpoints, random) => {
      assert.ok(endpoints.includes(choose('round-robin', endpoints, () => random, 'n2')))
    }),
  )
})
