import type { GraphNode } from './graph.ts'
import type { Source } from './source.ts'
import type { Store } from './store.ts'
import type { StoreCodec } from './store-codec.ts'
import type { SubGraph } from './sub-graph.ts'
import type { TaskContext } from './task-context.ts'
import type { Progress } from './upstreams.ts'

const IDLE = ' idle'

/** As text: ms since 1970, and whether it is idle. */
const progressCodec: StoreCodec<Progress> = {
  encode: ({ time, idle }) => Buffer.from(`${time}${idle ? IDLE : ''}`),
  decode(bytes) {
    const text = bytes.toString()
    const idle = text.endsWith(IDLE)
    return { time: Number(idle ? text.slice(0, -IDLE.length) : text), idle }
  },
}

const upstreamKey = (topic: string, upstream: number) => `${topic} from ${upstream}`
const readKey = ({ name }: SubGraph) => `${name} read`

/**
 * Keeps with a task's state how far time has come, where any operator goes by it: the stream times of its sub-graphs, and those of the
 * tasks whose rows come to it through a repartition topic.
 */
export class StreamTimes {
  readonly #subGraphs: SubGraph[]
  readonly #repartitioned: Source[]
  readonly #store: Store<Progress> | undefined

  /** `ends` are the last operators of the graph. */
  constructor(task: TaskContext, sources: readonly Source[], ends: readonly GraphNode[]) {
    for (const source of sources) source.check()
    const all = new Set(sources.map(({ rows }) => rows.node.subGraph.root))
    for (const end of ends) addSubGraphs(end, all, new Set())
    this.#subGraphs = [...all].filter(({ isAwaited }) => isAwaited)
    this.#repartitioned = sources.filter(
      ({ upstreams, rows }) => upstreams !== undefined && rows.node.subGraph.isAwaited,
    )
    if (this.#subGraphs.length > 0) this.#store = task.store('stream-time', progressCodec)
  }

  remember(): void {
    for (const subGraph of this.#subGraphs) {
      this.#rememberTime(subGraph.name, subGraph.time)
      if (subGraph.isRepartitioned) this.#rememberTime(readKey(subGraph), subGraph.read)
    }
    for (const { topic, upstreams } of this.#repartitioned)
      for (const [upstream, progress] of upstreams!.takeChanges())
        this.#store?.put(upstreamKey(topic.name, upstream), progress)
  }

  #rememberTime(key: string, time: number): void {
    if (time > (this.#store?.get(key)?.time ?? -Infinity)) this.#store?.put(key, { time, idle: false })
  }

  restored(): void {
    for (const { topic, upstreams } of this.#repartitioned)
      for (let upstream = 0; upstream < upstreams!.count; upstream++) {
        const progress = this.#store?.get(upstreamKey(topic.name, upstream))
        if (progress !== undefined) upstreams!.restore(upstream, progress)
      }
    for (const subGraph of this.#subGraphs) {
      const time = this.#store?.get(subGraph.name)?.time ?? -Infinity
      const read = subGraph.isRepartitioned ? (this.#store?.get(readKey(subGraph))?.time ?? -Infinity) : time
      subGraph.restore(time, read)
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
