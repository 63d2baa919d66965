import type { GraphNode } from './graph.ts'
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

  /** `ends` are the last operators of the graph. */
  constructor(task: TaskContext, sources: readonly Source[], ends: readonly GraphNode[]) {
    for (const source of sources) source.check()
    const all = new Set(sources.map(({ rows }) => rows.node.subGraph.root))
    for (const end of ends) addSubGraphs(end, all, new Set())
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

/** Those of an operator and all before it: some begin at a source, some amid the graph. */
function addSubGraphs(node: GraphNode, all: Set<SubGraph>, seen: Set<GraphNode>): void {
  if (seen.has(node)) return
  seen.add(node)
  for (const input of node.inputs) addSubGraphs(input, all, seen)
  all.add(node.subGraph.root)
}
