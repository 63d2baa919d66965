import { byUtf8 } from '../by-utf8.ts'
import { type StoreCodec, avroState } from '../store-codec.ts'
import { type AnyAggregate, type Of, finite } from './aggregate.ts'

interface Largest {
  readonly text: string
  readonly figure: number
}

const avroLargest = avroState<Largest | null>([
  'null',
  {
    type: 'record',
    name: 'Largest',
    fields: [
      { name: 'figure', type: 'double' },
      { name: 'text', type: 'string' },
    ],
  },
])

/** What is read is a plain object, like what {@link argMax} makes: Avro's has a class of its own. */
const largestCodec: StoreCodec<Largest | null> = {
  encode: avroLargest.encode,
  decode(bytes) {
    const found = avroLargest.decode(bytes)
    return found && { ...found }
  },
}

/**
 * A text of the row whose figure is the largest, the newest name for instance; null if no row has both. Of rows with the same
 * figure it is the text that comes last in the order of UTF-8 bytes.
 *
 *     artistName, receivedAt     --Prince 1----The Artist 3----Prince 2--
 *     argMax                     --Prince------The Artist------The Artist--
 *
 * State: an Avro double and string, or null. The name is ClickHouse's.
 */
export function argMax<V>(
  of: Of<V, string>,
  figureOf: Of<V, number>,
): AnyAggregate<V, Largest | null, string | null> {
  const checked = finite('argMax', figureOf)
  return {
    initial: () => null,
    add(known, value) {
      const [text, figure] = [of(value), checked(value)]
      return text === null || figure === null ? known : larger(known, { text, figure })
    },
    merge: larger,
    result: (found) => found?.text ?? null,
    codec: largestCodec,
  }
}

function larger(a: Largest | null, b: Largest | null): Largest | null {
  if (a === null || b === null) return a ?? b
  return (a.figure - b.figure || byUtf8(a.text, b.text)) < 0 ? b : a
}
