import type { Observable } from 'rxjs'
import { type TimeSemantics, operatorClock } from '../clock.ts'
import { graphNode, nodeOf } from '../graph.ts'
import { RememberedRows } from '../joins/remembered-rows.ts'
import {
  type JoinKind,
  type Pair,
  type Side,
  type Sides,
  StreamJoin,
  joinTimes,
} from '../joins/stream-join.ts'
import type { OutputRow, Row } from '../row.ts'
import type { StoreCodec } from '../store-codec.ts'
import { type Named, buildingTask } from '../task-context.ts'
import type { Lateness } from '../windowing/fold.ts'
import { requireGrace, requireLength } from '../windows.ts'
import { emits } from './operate.ts'

/** A value that came too late to be remembered, and the side it came from. */
export type LateValue<L, R> = { side: 'left'; value: L } | { side: 'right'; value: R }

export interface JoinStreamOptions<L, R, Joined, Late, Kind extends JoinKind> extends Named {
  /** How far the times of two partners may be apart, before or after, ms. */
  within: number
  /** How much longer than `within`, in stream time, a row waits for partners that are out of order, ms. */
  grace: number
  /**
   * `inner`: pairs alone. `left`: also each left row that finds no partner, with null. `outer`: also each right one.
   * Default: `inner`.
   */
  kind?: Kind
  /** Makes one value of two partners. */
  join: (
    left: Kind extends 'outer' ? L | null : L,
    right: Kind extends 'inner' ? R : R | null,
    key: string,
  ) => Joined
  late: (refused: LateValue<L, R>, lateness: Lateness) => Late
  /** How remembered values are stored. */
  leftCodec: StoreCodec<L>
  rightCodec: StoreCodec<R>
  /** Default: `task`. */
  timeSemantics?: TimeSemantics
}

type JoinOutput<Joined, Late, By extends string> =
  OutputRow<'joined', Joined, By> | OutputRow<'late', Late, By>

/**
 * Joins two streams: rows of one key whose times are at most `within` apart. Each pair comes once, when its second row does,
 * at the later time of the two; several partners come in the order of their time.
 *
 *     left                a0:00               b0:50
 *     right                     x0:10  y0:30         z0:15     within 30 s, grace 10 s
 *     joined (inner)            ax     ay     by     az
 *
 * Left and outer: a row that has found no partner when stream time is past its time, `within` and `grace` comes out with null,
 * before the row that moves time is joined; who comes after that does not find it. So a row has pairs or one null, never both.
 *
 * A row is forgotten, and one that comes is `late`, when stream time has reached its time, twice `within`, and `grace`: for
 * until then it may be the partner of another that is still in time. A late row is joined with those that are remembered, or
 * comes out alone at once; `late` says that none that comes after will find it.
 *
 * Meant as the KStream-KStream join of Kafka Streams, with `JoinWindows.ofTimeDifferenceAndGrace` (KIP-633).
 * @throws TopologyError for streams that are spread by different words; RangeError for times that are not whole ms, 0 or more
 */
export function joinStream<L, R, By extends string, Joined, Late, Kind extends JoinKind = 'inner'>(
  right: Observable<Row<R, By>>,
  options: JoinStreamOptions<L, R, Joined, Late, Kind>,
): (left: Observable<Row<L, By>>) => Observable<JoinOutput<Joined, Late, By>> {
  const { within, grace, kind = 'inner', timeSemantics = 'task' } = options
  requireLength(within, '0 or more', `a join within ${within} ms would join nothing`)
  requireGrace(grace)
  return (left) => {
    const task = buildingTask('joinStream')
    const inputs = [nodeOf('joinStream', left), nodeOf('joinStream', right)]
    const name = task.uniqueName('join-stream', options.name)
    const names: Sides<string> = { left: `${name}-left`, right: `${name}-right` }
    const node = graphNode('joinStream', name, inputs, {
      stores: [names.left, names.right],
      holdBackMs: kind === 'inner' ? 0 : within + grace,
    })
    node.subGraph.hasGrace(grace)
    const sides = {
      left: new RememberedRows(options.leftCodec, joinTimes(options)),
      right: new RememberedRows(options.rightCodec, joinTimes(options)),
    } as Sides<RememberedRows<unknown>>
    task.keep(names.left, sides.left)
    task.keep(names.right, sides.right)

    return emits<JoinOutput<Joined, Late, By>>(node, (emit) => {
      const join = new StreamJoin({ kind, within, grace, timeSemantics, ...outputs(options, emit) }, sides)
      const clock = operatorClock(inputs, timeSemantics, (time, origin) => join.advance(time, origin))
      return [
        { rows: left, next: (row: Row<L>) => join.take('left', row, clock) },
        { rows: right, next: (row: Row<R>) => join.take('right', row, clock) },
      ]
    })
  }
}

/** What a join gives out, as rows of the operator. */
function outputs<L, R, Joined, Late, Kind extends JoinKind, By extends string>(
  options: JoinStreamOptions<L, R, Joined, Late, Kind>,
  emit: (row: JoinOutput<Joined, Late, By>) => void,
) {
  // Which sides may be null depends on the kind, and StreamJoin keeps to it.
  const join = options.join as (left: unknown, right: unknown, key: string) => Joined
  return {
    joined({ key, time, origin, left, right }: Pair): void {
      emit({ key, time, origin, output: 'joined', value: join(left, right, key) })
    },
    late(side: Side, row: Row<unknown>, lateness: Lateness): void {
      const refused = { side, value: row.value } as LateValue<L, R>
      const { key, time, origin } = row
      emit({ key, time, origin, output: 'late', value: options.late(refused, lateness) })
    },
  }
}
