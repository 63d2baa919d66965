import type { Topology } from '../engine/index.ts'
import { type AnonymiseOptions, anonymise } from './anonymise.ts'
import { listeningTotals } from './listening-totals.ts'

/** Every topology of the product, by name. A new one is added here, and `continuo run` runs it. */
export const topologies: Readonly<Record<string, (options: AnonymiseOptions) => Topology>> = {
  anonymise,
  'listening-totals': () => listeningTotals,
}
