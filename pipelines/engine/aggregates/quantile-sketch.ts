import { DDSketch } from '@datadog/sketches-js'
import type { StoreCodec } from '../store-codec.ts'
import { avroState } from '../store-codec.ts'

interface Bins {
  /** Key of the first. */
  from: number
  counts: number[]
}

interface StoredSketch {
  /** Of the sketch that was written. */
  accuracy: number
  zeros: number
  positive: Bins
  negative: Bins
}

const storedSketch = avroState<StoredSketch>({
  type: 'record',
  name: 'QuantileSketch',
  fields: [
    { name: 'accuracy', type: 'double' },
    { name: 'zeros', type: 'long' },
    {
      name: 'positive',
      type: {
        type: 'record',
        name: 'Bins',
        fields: [
          { name: 'from', type: 'int' },
          { name: 'counts', type: { type: 'array', items: 'long' } },
        ],
      },
    },
    { name: 'negative', type: 'Bins' },
  ],
})

/** An empty sketch whose answers are within `accuracy`, relative. */
export const emptySketch = (accuracy: number): DDSketch => new DDSketch({ relativeAccuracy: accuracy })

/**
 * Both together, through the library's `accept`: its own `merge` (2.1.1) forgets the negative figures, and loses count where
 * the largest is in the bin with key 0. Nor do we use its sketches of limited size: a bin into which others collapse counts
 * its own figures twice.
 */
export function merged(accuracy: number, a: DDSketch, b: DDSketch): DDSketch {
  const both = emptySketch(accuracy)
  for (const sketch of [a, b]) refill(both, stored(sketch))
  return both
}

/**
 * Avro: the accuracy, how many zeros, then for the positive and the negative figures the key of the first bin and how many
 * each bin has. What was written with another accuracy is read with the sum of both. (The library's own bytes need protobufjs,
 * and take eight for each bin.)
 */
export const sketchCodec = (accuracy: number): StoreCodec<DDSketch> => ({
  encode: (sketch) => storedSketch.encode(stored(sketch)),
  decode(bytes) {
    const sketch = emptySketch(accuracy)
    refill(sketch, storedSketch.decode(bytes))
    return sketch
  },
})

const stored = ({ mapping, zeroCount, store, negativeStore }: DDSketch): StoredSketch => ({
  accuracy: mapping.relativeAccuracy,
  zeros: zeroCount,
  positive: binsOf(store),
  negative: binsOf(negativeStore),
})

function binsOf({ count, bins, offset, minKey, maxKey }: DDSketch['store']): Bins {
  if (count === 0) return { from: 0, counts: [] }
  return { from: minKey, counts: bins.slice(minKey - offset, maxKey + 1 - offset) }
}

/** Of the same accuracy, the figure in the middle of a bin falls into it again. */
function refill(sketch: DDSketch, { accuracy, zeros, positive, negative }: StoredSketch): void {
  const { mapping } = emptySketch(accuracy)
  if (zeros > 0) sketch.accept(0, zeros)
  for (const [sign, { from, counts }] of [
    [1, positive],
    [-1, negative],
  ] as const) {
    for (const [index, count] of counts.entries())
      if (count > 0) sketch.accept(sign * mapping.value(from + index), count)
  }
}
