import { deadLetterTopic } from '../../schemas/dead-letter.ts'
import type { Topic } from '../../schemas/topic.ts'
import { GlobalTables } from './global-table.ts'
import type { GraphNode } from './graph.ts'
import { changelogOf } from './changelog-of.ts'
import type { Topology } from './topology.ts'
import { unfedTask } from './unfed-task.ts'

/** One operator, as it was put together. */
export interface DescribedOperator {
  /** Counted from 1 through the whole topology, those before others first. */
  readonly id: number
  /** As it is written: `read`, `foldWindow`, `route`. */
  readonly kind: string
  /** What tells it apart from others of its kind: a topic, a step, a store. */
  readonly label: string
  /** Ids of the operators whose rows it takes. */
  readonly inputs: readonly number[]
  readonly stores: readonly string[]
  /** Topics of global tables in which it looks up. */
  readonly looksUp: readonly string[]
  readonly writes: readonly { readonly topic: string; readonly output?: string }[]
}

/** Operators that rows reach from one another without going through a topic or through `mapAsync`. */
export interface DescribedSubTopology {
  /** Counted from 1. */
  readonly number: number
  readonly operators: readonly DescribedOperator[]
}

/** State, and the topic from which it is restored. */
export interface DescribedStore {
  readonly name: string
  readonly changelog: string
  /** How long the changelog keeps its entries, ms; for ever, compacted, if undefined. */
  readonly retentionMs: number | undefined
}

/** The graph of a topology: what reads what, what writes what, and where state is kept. Names are without TOPIC_PREFIX. */
export interface TopologyDescription {
  readonly name: string
  readonly subTopologies: readonly DescribedSubTopology[]
  readonly stores: readonly DescribedStore[]
  /** Every topic that it reads, looks up in or writes, by name. */
  readonly topics: ReadonlyMap<string, Topic<unknown>>
  /** Topics that it reads and does not write. */
  readonly inputs: readonly string[]
  /** Topics that it writes and reads again. */
  readonly repartitioned: readonly string[]
  /** Topics that it writes for others. */
  readonly outputs: readonly string[]
  /** The topic of records that are set aside, by any of its operators. */
  readonly deadLetters: string
}

/** For a codec that is never asked to encode: a description needs the shape alone. */
/** Puts a topology together, without a broker, and says what it has become. @throws TopologyError as a task does. */
export function describe(topology: Topology): TopologyDescription {
  const globals = new GlobalTables()
  const task = unfedTask(topology, { globals })
  const operators = inOrder(task.ends)
  const [reads, writes] = [namesOf(task.inputs), namesOf(task.outputs)]
  return {
    name: topology.name,
    subTopologies: components(operators),
    stores: [...task.stores].map(([name, { retention }]) => ({
      name,
      changelog: changelogOf(topology.name, name),
      retentionMs: retention?.retentionMs,
    })),
    topics: new Map([...task.inputs, ...globals.topics, ...task.outputs].map((topic) => [topic.name, topic])),
    inputs: [...reads].filter((name) => !writes.has(name)),
    repartitioned: [...reads].filter((name) => writes.has(name)),
    outputs: [...writes].filter((name) => !reads.has(name) && name !== deadLetterTopic.name),
    deadLetters: deadLetterTopic.name,
  }
}

const namesOf = (all: readonly Topic<unknown>[]) => new Set(all.map(({ name }) => name))

/** The operators that lead to these ends, those before others first. */
function inOrder(ends: readonly GraphNode[]): Map<GraphNode, DescribedOperator> {
  const found = new Map<GraphNode, DescribedOperator>()
  function visit(node: GraphNode): DescribedOperator {
    const known = found.get(node)
    if (known !== undefined) return known
    const inputs = [...new Set(node.inputs)].map((input) => visit(input).id)
    const operator = described(node, found.size + 1, inputs)
    found.set(node, operator)
    return operator
  }
  for (const end of ends) visit(end)
  return found
}

function described(node: GraphNode, id: number, inputs: readonly number[]): DescribedOperator {
  const { kind, label, stores, looksUp, outputs } = node
  const writes = node.writes.map((topic, index) => {
    const output = outputs[index]
    return output === undefined ? { topic } : { topic, output }
  })
  return { id, kind, label, inputs, stores, looksUp, writes }
}

function components(operators: ReadonlyMap<GraphNode, DescribedOperator>): DescribedSubTopology[] {
  const all = Map.groupBy(operators.keys(), ({ subGraph }) => subGraph.root)
  return [...all.values()].map((nodes, index) => ({
    number: index + 1,
    operators: nodes.map((node) => operators.get(node)!),
  }))
}
