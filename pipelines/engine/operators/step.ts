import type { Observable } from 'rxjs'
import type { DeadLetterKind } from '../../../schemas/dead-letter.ts'
import type { Outcome } from '../outcome.ts'
import { graphNode, nodeOf } from '../graph.ts'
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
): <By extends string>(rows: Observable<Row<In, By>>) => Observable<Row<Out, By>> {
  const { name } = decide
  return <By extends string>(rows: Observable<Row<In, By>>) => {
    const task = buildingTask('step')
    const node = graphNode('step', name, [nodeOf('step', rows)])
    return operate<Row<In, By>, Row<Out, By>>(node, rows, (row, emit) => {
      const outcome = decide(row.value, { now: row.origin.timestamp })
      if (outcome.kind === 'ok') {
        emit(withValue(row, outcome.value))
        return
      }
      task.count(name, outcome.kind, outcome.reason)
      if (outcome.kind === 'dead_letter') task.deadLetter(row.origin, kind, outcome.reason, outcome.code)
    })
  }
}
