import { type Topology, type TopologyDescription, describe } from '../../pipelines/engine/index.ts'
import { shapeOf, topologyNames } from '../shapes.ts'
import { type Carried, carriedOf } from '../sinks/carried.ts'
import { kafkaNameOf, type TopologyVersion } from '../versions/versions.ts'
import { BackfillError } from './errors.ts'

/** A version of a topology that is made, or is to be. */
export interface Subject extends TopologyVersion, Carried {
  /** As it is written, with the names of the first version. */
  plain: TopologyDescription
  /** With the names of this version. */
  shape: Topology
  own: TopologyDescription
}

/** @throws BackfillError for a topology of which nobody would see that another version is in service. */
export function subjectOf(which: TopologyVersion, deduplicationHours: number): Subject {
  const plain = describe(shapeOf(which.topology, deduplicationHours))
  const carried = carriedOf(which)
  requireReaders(plain, carried)
  const shape = shapeOf(which.topology, deduplicationHours, which.version)
  return { ...which, plain, shape, own: describe(shape), ...carried }
}

function requireReaders({ name, outputs, repartitioned }: TopologyDescription, { feeds }: Carried): void {
  const writes = [...outputs, ...repartitioned]
  for (const other of topologyNames.filter((each) => each !== name)) {
    const read = describe(shapeOf(other)).inputs.filter((topic) => writes.includes(topic))
    if (read.length === 0) continue
    throw new BackfillError(
      `${name} cannot be processed anew beside itself: ${other} reads ${read.join(', ')}, and would go on with what the old version ` +
        `writes. Begin ${name} anew by \`continuo reset ${name}\`, or process ${other} anew`,
    )
  }
  if (feeds.length > 0) return
  throw new BackfillError(
    `no sink carries what ${name} writes (${outputs.join(', ')}) into a table, so there is nothing to switch: add a feed in ` +
      `sinks/clickhouse/feeds.ts, or begin it anew by \`continuo reset ${name}\``,
  )
}

/** What it writes, as lines. */
export const writesOf = ({ topology, version, own, feeds }: Subject, topicPrefix: string): string[] => [
  ...[...own.outputs, ...own.repartitioned].map((topic) => `topic ${topicPrefix}${topic}`),
  ...own.stores.map(({ changelog }) => `topic ${topicPrefix}${changelog}: state`),
  ...feeds.map(({ table }) => `table ${table}_v${version}, which becomes ${table}`),
  `group of consumers ${kafkaNameOf({ topology, version })}`,
]
