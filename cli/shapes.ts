import { type Topology, hours } from '../pipelines/engine/index.ts'
import { FIRST_VERSION, versioned } from '../pipelines/engine/versioned.ts'
import { noRules } from '../pipelines/model/listener/rules.ts'
import { topologies } from '../pipelines/topologies/index.ts'
import { pseudonyms } from '../schemas/pseudonym.ts'

/** Names of all topologies. */
export const topologyNames = Object.keys(topologies)

/**
 * A topology to be looked at and not run: no record passes through it, so that its keys seal nothing and stand for nobody's.
 * @param deduplicationHours what `DEDUPLICATION_HOURS` says, or its default
 * @param version of which names it has
 */
export const shapeOf = (name: string, deduplicationHours = 24, version = FIRST_VERSION): Topology =>
  versioned(
    topologies[name]!({
      pseudonyms: pseudonyms([Buffer.alloc(32)]),
      rememberMs: hours(deduplicationHours),
      recommendations: {
        served: { current: () => undefined },
        rules: noRules,
        everyMs: 1_000,
        notify: { fromScore: 1, gapMs: 1 },
      },
    }),
    version,
  )
