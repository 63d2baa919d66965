import { graphNode } from '../graph.ts'
import type { Row } from '../row.ts'
import type { StoreCodec } from '../store-codec.ts'
import { Table } from '../table.ts'
import { type Named, buildingTask } from '../task-context.ts'
import type { Timed } from '../timed.ts'
import { emits } from './operate.ts'

type JoinKind = 'inner' | 'left' | 'outer'

export interface JoinTablesOptions<L, R, Result, Kind extends JoinKind> extends Named {
  /** `inner`: both have the key; `left`: the left one has it; `outer`: either has it. What is missing is null. */
  kind: Kind
  /** Null means that there is no result. */
  join: (
    left: Kind extends 'outer' ? L | null : L,
    right: Kind extends 'inner' ? R : R | null,
    key: string,
  ) => Result | null
}

/** A store of keys alone. */
const present: StoreCodec<true> = { encode: () => Buffer.of(1), decode: () => true }

/**
 * Joins two tables by key into a third: each change of either gives the new result, with the later time of both. Both must be
 * spread by the same word. (Kafka Streams: KTable-KTable join.)
 *
 *     left          --a1---------a∅------
 *     right         -------ax---------a∅-
 *     inner         -------1x----∅-------
 *     left          --1∅---1x----∅-------
 *     outer         --1∅---1x----∅x---∅--
 *
 * A result that disappears is one null, and where there was none there is none to delete: Kafka Streams forwards a null then,
 * too, for instance when a key is deleted in the left table that only the right one has.
 */
export function joinTables<L, R, Result, By extends string, Kind extends JoinKind>(
  left: Table<L, By>,
  right: Table<R, NoInfer<By>>,
  options: JoinTablesOptions<L, R, Result, Kind>,
): Table<Result, By> {
  const task = buildingTask('joinTables')
  const name = task.uniqueName('join-tables', options.name)
  /** Keys whose last change was a result, and not its deletion. */
  const told = task.store(name, present)
  const inputs = [left.node, right.node]
  const node = graphNode('joinTables', name, inputs, { stores: [name], isTable: true })
  const lookUp = (key: string) => resultOf(left.lookUp(key), right.lookUp(key), key, options)

  const changes = emits<Row<Result | null, By>>(node, (emit) => {
    const onChangeBeside = (other: Table<unknown>) => (row: Row<unknown, By>) => {
      const { key, origin } = row
      const value = lookUp(key)?.value ?? null
      const known = told.get(key) === true
      if (value === null && !known) return
      if (value === null) told.delete(key)
      else if (!known) told.put(key, true)
      emit({ key, value, time: Math.max(row.time, other.lookUp(key)?.time ?? row.time), origin })
    }
    return [
      { rows: left.changes, next: onChangeBeside(right) },
      { rows: right.changes, next: onChangeBeside(left) },
    ]
  })
  task.sink(changes)
  return new Table(changes, lookUp)
}

function resultOf<L, R, Result, Kind extends JoinKind>(
  left: Timed<L> | undefined,
  right: Timed<R> | undefined,
  key: string,
  { kind, join }: JoinTablesOptions<L, R, Result, Kind>,
): Timed<Result> | undefined {
  const has = { inner: left && right, left, outer: left ?? right }[kind]
  if (has === undefined) return undefined
  const joinAny = join as (left: L | null, right: R | null, key: string) => Result | null
  const value = joinAny(left?.value ?? null, right?.value ?? null, key)
  if (value === null) return undefined
  return { value, time: Math.max(left?.time ?? -Infinity, right?.time ?? -Infinity) }
}
