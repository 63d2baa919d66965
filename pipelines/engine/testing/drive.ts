import type { Topology } from '../topology.ts'
import { type DriveOptions, TopologyDriver } from './topology-driver.ts'

export { driverDeadLetterKey } from './driver-replays.ts'
export { type DriveOptions, TopologyDriver } from './topology-driver.ts'

/**
 * Runs a topology without a broker: the same operators, codec and tasks, in memory, on a clock that only the test moves.
 *
 *     const kafka = drive(listeningTotals)
 *     await kafka.send(topics.playsClean, play({ … }))
 *     kafka.written(topics.artistTotals)
 *
 * Records are processed one by one in the order in which they are written, those of repartition topics included, and each is
 * committed before the next; {@link TopologyDriver.sendAll} has several in one run.
 */
export function drive(topology: Topology, options: DriveOptions = {}): TopologyDriver {
  return new TopologyDriver(topology, options)
}
