import { TopologyError } from '../errors.ts'
import type { Windows } from '../windows.ts'

const CUT = 'cut into '

/** What the starts of windows alone do not tell: `cut into tumbling windows, sizeMs 60000, advanceMs 60000, graceMs 0`. */
export function cutOf(windows: Windows): string {
  const lengths = Object.entries(windows).flatMap(([name, ms]: [string, unknown]) =>
    typeof ms === 'number' ? [`${name} ${ms}`] : [],
  )
  return `${CUT}${[`${windows.kind} windows`, ...lengths].join(', ')}`
}

/**
 * @throws TopologyError where, by the ids that are remembered, time was cut in another way before: what was open would be taken for other
 * windows, and what had not closed, for closed.
 */
export function requireSameCut(name: string, windows: Windows, remembered: Iterable<string>): void {
  const cut = cutOf(windows)
  const cuts = [...remembered].filter((id) => id.startsWith(CUT))
  const [before] = cuts
  if (before === undefined || cuts.includes(cut)) return
  throw new TopologyError(
    `${name} finds state that was ${before}, and is to be ${cut}: set it back, or begin anew: by \`continuo reset\`, or by ` +
      'giving the topology another name',
  )
}
