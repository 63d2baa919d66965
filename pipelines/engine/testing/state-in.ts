import type { Task } from '../task.ts'

/** What a store of a partition holds, by key. @throws RangeError naming the stores, or what partitions there are */
export function stateIn(
  tasks: readonly Task[],
  store: string,
  partition: number,
): ReadonlyMap<string, unknown> {
  const task = tasks[partition]
  if (task === undefined)
    throw new RangeError(`there is no partition ${partition}: see drive(…, { partitions })`)
  const found = task.stores.get(store)
  if (found === undefined)
    throw new RangeError(`${task.topology} has no store ${store} but ${[...task.stores.keys()].join(', ')}`)
  return new Map(found.store.entries())
}
