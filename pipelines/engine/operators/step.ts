import type { OperatorFunction } from 'rxjs'
import type { DeadLetterKind } from '../../../schemas/events.ts'
import type { Outcome } from '../outcome.ts'
import { type Row, withValue } from '../row.ts'
import { buildingTask } from '../task-context.ts'
import { operate } from './operate.ts'

/** What a step may know besides the value. */
export interface StepContext {
  /** The record's time in Kafka: a step's only "now". */
  readonly now: number
}

/** One domain decision. Its function name labels metrics. */
export type Step<In, Out> = (value: In, context: StepContext) => Outcome<Out>

/**
 * Applies one domain decision to each row: the value goes on, is dropped and counted, or its record becomes a dead letter.
 *
 *     rows      --a--b--c--
 *     step(f)   --A-----C--    f(b) = drop('too_short')
 *
 * An exception is a bug and ends the process; it is never turned into a dead letter.
 */
export function step<In, Out>(
  decide: Step<In, Out>,
  kind: DeadLetterKind = 'step',
): OperatorFunction<Row<In>, Row<Out>> {
  const { name } = decide
  return (rows) => {
    const task = buildingTask('step')
    const decided = operate<Row<In>, Row<Out>>((row, out) => {
      const outcome = decide(row.value, { now: row.origin.timestamp })
      if (outcome.kind === 'ok') {
        out.next(withValue(row, outcome.value))
        return
      }
      task.count(name, outcome.kind, outcome.reason)
      if (outcome.kind === 'dead_letter') task.deadLetter(row.origin, kind, outcome.reason)
    })
    return decided(rows)
  }
}
