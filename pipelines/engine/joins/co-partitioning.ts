import { TopologyError } from '../errors.ts'
import type { GraphNode } from '../graph.ts'

/** The topics that rows come from, with what each is spread by. */
function rootsOf(node: GraphNode): { topic: string; partitioning: string }[] {
  const { label: topic, partitioning } = node
  return partitioning === undefined ? node.inputs.flatMap(rootsOf) : [{ topic, partitioning }]
}

/**
 * Equal keys of several streams are in one task only if all are spread by the same word. Types say so where they know the
 * topics; this looks at the topics themselves.
 * @throws TopologyError that names two topics that differ, and what to do
 */
export function requireCoPartitioned(kind: string, inputs: readonly GraphNode[]): void {
  const [first, ...others] = inputs.flatMap(rootsOf)
  const other = others.find(({ partitioning }) => partitioning !== first?.partitioning)
  if (first === undefined || other === undefined) return
  throw new TopologyError(
    `${kind}() of ${first.topic}, spread by ${first.partitioning}, and ${other.topic}, spread by ${other.partitioning}: equal ` +
      `keys are not in one task. Bring one to the other with keyBy, through a topic spread by ${first.partitioning}`,
  )
}
