import type { Topology } from '../engine/index.ts'
import { type AnonymiseOptions, anonymise } from './anonymise.ts'
import { listeningTotals } from './listening-totals.ts'
import { type RecommendationsOptions, recommendations } from './recommendations.ts'

/** What the topologies are given. */
export interface TopologyOptions extends AnonymiseOptions {
  recommendations: RecommendationsOptions
}

/** Every topology of the product, by name. A new one is added here, and `continuo run` runs it. */
export const topologies: Readonly<Record<string, (options: TopologyOptions) => Topology>> = {
  anonymise,
  'listening-totals': () => listeningTotals,
  recommendations: (options) => recommendations(options.recommendations),
}
