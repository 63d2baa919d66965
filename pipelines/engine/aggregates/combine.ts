import { TopologyError } from '../errors.ts'
import { ByteWriter } from '../../../schemas/byte-writer.ts'
import { type StoreCodec, avroState, writeState } from '../store-codec.ts'
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

/** Of one that is encoded by itself, to begin with. */
const BYTES_OF_A_STATE = 256

const encodedName = avroState<string>('string')
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
  const names = Object.keys(parts)
  const all = Object.values<Aggregate<never, unknown, unknown>>(parts)
  return {
    initial: () => eachOf(names, (_, at) => all[at]!.initial()),
    // What is done for each row is written out: functions made for it would cost more than what they do.
    add(states, value) {
      let at = 0
      try {
        for (; at < names.length; at++) states[names[at]!] = all[at]!.add(states[names[at]!], value)
        return states
      } catch (error) {
        throw partFailed(names[at]!, error)
      }
    },
    merge: (a, b) => eachOf(names, (name, at) => all[at]!.merge(a[name], b[name])),
    result(states, key, window) {
      const figures: Record<string, unknown> = {}
      let at = 0
      try {
        for (; at < names.length; at++) figures[names[at]!] = all[at]!.result(states[names[at]!], key, window)
      } catch (error) {
        throw partFailed(names[at]!, error)
      }
      return result(figures as FiguresOf<P>, key, window)
    },
    codec: combinedCodec(names, all),
  }
}

/** An Avro map of each part's bytes by its name, written part by part into one place. */
function combinedCodec(
  names: readonly string[],
  parts: readonly Aggregate<never, unknown, unknown>[],
): StoreCodec<CombinedState> {
  const encodedNames = names.map((name) => encodedName.encode(name))
  const write = (states: CombinedState, out: ByteWriter) => {
    if (names.length > 0) out.avroLong(names.length)
    let at = 0
    try {
      for (; at < names.length; at++) {
        out.bytes(encodedNames[at]!)
        const from = out.beginBytes()
        writeState(parts[at]!.codec, states[names[at]!], out)
        out.endBytes(from)
      }
    } catch (error) {
      throw partFailed(names[at]!, error)
    }
    out.byte(0)
  }
  return {
    write,
    encode(states) {
      const out = new ByteWriter(BYTES_OF_A_STATE)
      write(states, out)
      return out.take()
    },
    decode(bytes) {
      const stored = bytesByName.decode(bytes)
      return eachOf(names, (name, at) => {
        const own = stored[name]
        return own === undefined ? parts[at]!.initial() : parts[at]!.codec.decode(own)
      })
    },
  }
}

/** Errors whose class says something; others become a plain one. */
const TELLING = [TopologyError, RangeError, TypeError]

/** What is made of each of several aggregates, by its name. @throws what says which of them could not go on */
function eachOf(names: readonly string[], make: (name: string, at: number) => unknown): CombinedState {
  const made: CombinedState = {}
  let at = 0
  try {
    for (; at < names.length; at++) made[names[at]!] = make(names[at]!, at)
    return made
  } catch (error) {
    throw partFailed(names[at]!, error)
  }
}

function partFailed(name: string, error: unknown): Error {
  const Same = TELLING.find((each) => error instanceof each) ?? Error
  return new Same(`combine(), "${name}": ${(error as Error).message}`, { cause: error })
}
