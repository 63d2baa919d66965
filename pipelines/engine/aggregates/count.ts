import { avroState } from '../store-codec.ts'
import type { AnyAggregate } from './aggregate.ts'

/**
 * How many rows.
 *
 *     rows     --a--b--c--
 *     count    --1--2--3--
 *
 * State: an Avro long.
 */
export const count = (): AnyAggregate<unknown, number, number> => ({
  initial: () => 0,
  add: (rows) => rows + 1,
  merge: (a, b) => a + b,
  result: (rows) => rows,
  codec: avroState('long'),
})
