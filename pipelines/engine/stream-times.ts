import type { Source } from './source.ts'
import type { Store, StoreCodec } from './store.ts'
import type { SubGraph } from './sub-graph.ts'
import type { TaskContext } from './task-context.ts'

const timeCodec: StoreCodec<number> = {
  encode: (time) => Buffer.from(String(time)),
  decode: (bytes) => Number(bytes),
}

/** Keeps the stream times of a task's sub-graphs with its state, where any operator goes by them. */
export class StreamTimes {
  readonly #subGraphs: SubGraph[]
  readonly #store: Store<number> | undefined

  constructor(task: TaskContext, sources: readonly Source[]) {
    for (const source of sources) source.check()
    const all = new Set(sources.map(({ rows }) => rows.node.subGraph.root))
    this.#subGraphs = [...all].filter(({ isWatched }) => isWatched)
    if (this.#subGraphs.length > 0) this.#store = task.store('stream-time', timeCodec)
  }

  remember(): void {
    for (const { name, time } of this.#subGraphs)
      if (time > (this.#store?.get(name) ?? -Infinity)) this.#store?.put(name, time)
  }

  restored(): void {
    for (const subGraph of this.#subGraphs) {
      const time = this.#store?.get(subGraph.name)
      if (time !== undefined) subGraph.restore(time)
    }
  }
}
