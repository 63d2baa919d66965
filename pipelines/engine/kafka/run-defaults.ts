import { breakerDefaults } from '../breaker.ts'
import type { Guarantee } from './delivery.ts'
import type { StandIn } from './input-names.ts'
import type { StateStore } from './local-state/state-directory.ts'

/** What `runTopology` goes by where it is told nothing else, and the program's configuration, too. */
export const runDefaults = {
  ...breakerDefaults,
  topicPrefix: '',
  replicationFactor: 1,
  commitGapMs: 5,
  maxTaskIdleMs: 5_000,
  stateDir: '',
  stateStore: 'memory' as StateStore,
  keysInMemory: 20_000,
  guarantee: 'exactly-once' as Guarantee,
  formerStandIns: new Map<string, string>(),
  standIns: new Map() as ReadonlyMap<string, StandIn>,
}
