import type { Observable } from 'rxjs'
import { operatorClock } from '../clock.ts'
import { graphNode, nodeOf } from '../graph.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Row } from '../row.ts'
import { buildingTask } from '../task-context.ts'
import { requireLength } from '../windows.ts'
import { emits } from './operate.ts'

export interface PunctuateOptions {
  /** ms; multiples of it are counted from 1970. */
  every: number
  /**
   * Which clock passes them: stream time, the highest event time of all rows that its sub-topology has read, in this task, the
   * same in every replay; or the clock on the
   * wall, which goes on without rows and is looked at about once a second.
   */
  by: 'stream-time' | 'wall-clock'
}

/**
 * Lets rows through, and adds rows of its own as time passes multiples of `every`.
 *
 *     event time                            0:10  0:50  1:10  3:30  3:40       every minute
 *     rows                                  a     b     c     d     e
 *     punctuate({ … }, (at) => [count])     0:00  a  b  1:00  c  3:00  d  e    2:00 is skipped
 *
 * It fires once each time that one or more multiples have been passed, for the last of them; so the first row of a task fires
 * by stream time, whereas the wall clock fires at the first multiple after a process has taken the task over, and what a crash
 * or a move fell on is not made up for. In stream time the rows are there before the row that made time pass. This is Kafka Streams' `PunctuationType`, except that there the
 * function is given the time that has been reached and not the multiple, and runs behind that row.
 *
 * A row of its own has `at` as its time, and as its origin the last record of the task, which made stream time pass or
 * was the last before the tick; before the first record of a process an empty one of the first input with offset -1. It stays
 * in this task, so its key has to be one of those that the task has.
 * @throws RangeError unless `every` is in whole ms above 0
 */
export function punctuate<P>(
  { every, by }: PunctuateOptions,
  rowsAt: (at: number) => Iterable<{ key: string; value: P }>,
): <V, By extends string>(rows: Observable<Row<V, By>>) => Observable<Row<V | P, By>> {
  requireLength(every, 'above 0', `punctuate() every ${every} ms would never end`)
  return <V, By extends string>(rows: Observable<Row<V, By>>) => {
    const task = buildingTask('punctuate')
    const input = nodeOf('punctuate', rows)
    const node = graphNode('punctuate', `every ${every} ms by ${by}`, [input])
    const stepOf = (time: number) => Math.floor(time / every)

    return emits<Row<V | P, By>>(node, (emit) => {
      let passed: number | undefined
      function pass(time: number, origin: RawRecord): void {
        const reached = stepOf(time)
        if (passed !== undefined && reached > passed)
          for (const { key, value } of rowsAt(reached * every))
            emit({ key, value, time: reached * every, origin })
        passed = Math.max(passed ?? reached, reached)
      }
      if (by === 'wall-clock') task.work.onTick(pass)
      else
        operatorClock([input], 'task', (time, origin) => {
          // Where a former owner of the task was; told at the first advance, when it has been restored.
          passed ??= stepOf(input.subGraph.time - input.holdBackMs)
          pass(time, origin)
        })
      return [{ rows, next: (row: Row<V, By>) => emit(row) }]
    })
  }
}
