import type { GraphNode } from './graph.ts'
import type { OnAdvance } from './sub-graph.ts'
import type { Row } from './row.ts'

/**
 * Whose stream time an operator goes by. `task`: the highest event time of all rows that its sub-topology has read, in
 * this task, stored with the state; so rows which others drop advance it, too. `kafka-streams`: its own, the highest that has
 * reached this operator: for joins since the process began, for windows stored with them.
 */
export type TimeSemantics = 'task' | 'kafka-streams'

/** Stream time as one operator sees it. */
export interface OperatorClock {
  readonly time: number
  /** By what the row on its way is late, or is not: ahead of `time` where rows of several upstream tasks come together. */
  readonly carried: number
  /** Called with each row before the operator does anything with it. */
  observe(row: Row<unknown>): void
}

/**
 * The clock of an operator behind `inputs`; `onAdvance` is told each time it goes forward, before the row that causes it
 * reaches the operator. What operators before this one emit at that moment has reached it by then.
 */
export function operatorClock(
  inputs: readonly GraphNode[],
  semantics: TimeSemantics,
  onAdvance: OnAdvance,
): OperatorClock {
  return semantics === 'task' ? new TaskClock(inputs, onAdvance) : new OwnClock(onAdvance)
}

class TaskClock implements OperatorClock {
  readonly #node: GraphNode
  readonly #holdBackMs: number
  /** Undefined until stream time advances: then it is what has been restored. */
  #time: number | undefined

  constructor(inputs: readonly GraphNode[], onAdvance: OnAdvance) {
    this.#node = inputs[0]!
    this.#holdBackMs = Math.max(...inputs.map(({ holdBackMs }) => holdBackMs))
    this.#node.subGraph.onAdvance((time, origin) => {
      this.#time = time - this.#holdBackMs
      onAdvance(this.#time, origin)
    })
  }

  get time(): number {
    return this.#time ?? this.#node.subGraph.time - this.#holdBackMs
  }

  get carried(): number {
    return this.#node.subGraph.carried - this.#holdBackMs
  }

  observe(): void {
    // The sub-topology has advanced it.
  }
}

class OwnClock implements OperatorClock {
  time = -Infinity
  readonly #onAdvance: OnAdvance

  constructor(onAdvance: OnAdvance) {
    this.#onAdvance = onAdvance
  }

  get carried(): number {
    return this.time
  }

  observe({ time, origin }: Row<unknown>): void {
    if (time <= this.time) return
    this.time = time
    this.#onAdvance(time, origin)
  }
}
