import { avroState } from '../store-codec.ts'
import { type AnyAggregate, type Of, finite } from './aggregate.ts'

const extremeCodec = avroState<number | null>(['null', 'double'])

/** The core of {@link min} and {@link max}: of two figures, `pick` says which stays. */
export function extreme<V>(
  name: string,
  of: Of<V, number>,
  pick: (a: number, b: number) => number,
): AnyAggregate<V, number | null, number | null> {
  const figureOf = finite(name, of)
  const either = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : pick(a, b))
  return {
    initial: () => null,
    add: (known, value) => either(known, figureOf(value)),
    merge: either,
    result: (figure) => figure,
    codec: extremeCodec,
  }
}
