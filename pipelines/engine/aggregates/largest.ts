import { avroState } from '../store-codec.ts'
import { type AnyAggregate, type Of, finite } from './aggregate.ts'

/** The largest first. */
export type Largest = readonly number[]

const largestCodec = avroState<Largest>({ type: 'array', items: 'double' })

/** The core of {@link topK} and {@link topKDistinct}: `takes` says whether a figure may stand beside those that are there. */
export function largest<V>(
  name: string,
  n: number,
  of: Of<V, number>,
  takes: (known: Largest, figure: number) => boolean,
): AnyAggregate<V, Largest, number[]> {
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`${name}(n, …) keeps the n largest: give a whole number from 1 on`)
  const figureOf = finite(name, of)
  function add(known: Largest, figure: number): Largest {
    const smallest = known[n - 1]
    if ((smallest !== undefined && figure <= smallest) || !takes(known, figure)) return known
    const place = known.findIndex((each) => each < figure)
    return known.toSpliced(place < 0 ? known.length : place, 0, figure).slice(0, n)
  }
  return {
    initial: () => [],
    add(known, value) {
      const figure = figureOf(value)
      return figure === null ? known : add(known, figure)
    },
    merge: (a, b) => b.reduce(add, a),
    result: (known) => [...known],
    codec: largestCodec,
  }
}
