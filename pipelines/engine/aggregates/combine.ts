import { TopologyError } from '../errors.ts'
import { avroState } from '../store.ts'
import type { Window } from '../windows.ts'
import type { Aggregate, AnyAggregate, WithOrWithoutWindow } from './aggregate.ts'

/** The states of several aggregates, by the names they were given. */
export type CombinedState = Record<string, unknown>

/** Aggregates by name, in a window or not. */
type Parts<Context extends unknown[] = [window: Window]> = Readonly<
  Record<string, Aggregate<never, unknown, unknown, Context>>
>

/** What all of the parts can take. */
type ValueOf<P extends Parts> = {
  [Name in keyof P]: (value: Parameters<P[Name]['add']>[1]) => void
}[keyof P] extends (value: infer V) => void
  ? V
  : never

type FiguresOf<P extends Parts> = { [Name in keyof P]: ReturnType<P[Name]['result']> }

const bytesByName = avroState<Record<string, Buffer>>({ type: 'map', values: 'bytes' })

/**
 * Several aggregates of the same rows at once, as one record, or as what `result` makes of it:
 *
 *     combine({ plays: count(), ms: sum((play: CleanPlay) => play.msPlayed) })        { plays: number, ms: number }
 *     combine({ … }, ({ plays, ms }, artistId, { start }) => ({ artistId, start, plays, ms }))
 *
 * State: an Avro map of each part's own bytes by its name. An aggregate that is added begins empty in windows that are open, and
 * one that is left out is forgotten; a new meaning needs a new name. Put first what keeps its width, like counts and
 * sums, so that what grows does not move it: a changelog is written anew only from where it has changed.
 *
 * Without `result`, and if no part asks for the window, it is an aggregate for `fold` as well.
 */
export function combine<P extends Parts<WithOrWithoutWindow>>(
  parts: P,
): AnyAggregate<ValueOf<P>, CombinedState, FiguresOf<P>>
export function combine<P extends Parts>(parts: P): Aggregate<ValueOf<P>, CombinedState, FiguresOf<P>>
export function combine<P extends Parts, Result>(
  parts: P,
  result: (figures: FiguresOf<P>, key: string, window: Window) => Result,
): Aggregate<ValueOf<P>, CombinedState, Result>
export function combine<P extends Parts>(
  parts: P,
  result: (figures: FiguresOf<P>, key: string, window: Window) => unknown = (figures) => figures,
): Aggregate<never, CombinedState, unknown> {
  const named = Object.entries<Aggregate<never, unknown, unknown>>(parts)
  const eachOf = <T>(
    make: (part: Aggregate<never, unknown, unknown>, name: string) => T,
  ): Record<string, T> =>
    Object.fromEntries(named.map(([name, part]) => [name, naming(name, () => make(part, name))]))
  return {
    initial: () => eachOf((part) => part.initial()),
    add(states, value) {
      for (const [name, part] of named) states[name] = naming(name, () => part.add(states[name], value))
      return states
    },
    merge: (a, b) => eachOf((part, name) => part.merge(a[name], b[name])),
    result: (states, key, window) =>
      result(eachOf((part, name) => part.result(states[name], key, window)) as FiguresOf<P>, key, window),
    codec: {
      encode: (states) => bytesByName.encode(eachOf((part, name) => part.codec.encode(states[name]))),
      decode(bytes) {
        const stored = bytesByName.decode(bytes)
        return eachOf((part, name) => {
          const own = stored[name]
          return own === undefined ? part.initial() : part.codec.decode(own)
        })
      },
    },
  }
}

/** Errors whose class says something; others become a plain one. */
const TELLING = [TopologyError, RangeError, TypeError]

/** Says which of several aggregates could not go on. */
function naming<T>(name: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    const Same = TELLING.find((each) => error instanceof each) ?? Error
    throw new Same(`combine(), "${name}": ${(error as Error).message}`, { cause: error })
  }
}
