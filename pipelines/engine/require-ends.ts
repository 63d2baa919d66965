import { TopologyError } from './errors.ts'
import type { GraphNode } from './graph.ts'

/**
 * Follows rows from `sources` to where they end: in a topic, or in a table.
 * @throws TopologyError for those that end nowhere: they would be read, committed, and gone
 */
export function requireEnds(topology: string, sources: Iterable<GraphNode>): void {
  const reached = new Set(sources)
  for (const node of reached) {
    const { kind, label, takers, writes, isTable } = node
    for (const taker of takers) reached.add(taker)
    if (takers.length === 0 && writes.length === 0 && !isTable)
      throw new TopologyError(
        `${topology}: the rows of ${kind}(${label}) go nowhere: end with write() or route()`,
      )
  }
}
