import { type Flaw, flaws } from './disorder.ts'
import type { SimulatedMessage } from './simulation.ts'

/** Messages that Kafka has acknowledged: together `plays + duplicates + malformed`. */
export interface Counts {
  /** Well-formed plays sent the first time, the next two included. */
  plays: number
  late: number
  outOfOrder: number
  /** Plays sent a second time. */
  duplicates: number
  /** Messages that are no plays, each of which must become a dead letter. */
  malformed: number
  malformedBy: Record<Flaw, number>
}

/** Counts by kind, exactly. */
export class Tally {
  #counts: Counts = {
    plays: 0,
    late: 0,
    outOfOrder: 0,
    duplicates: 0,
    malformed: 0,
    malformedBy: Object.fromEntries(flaws.map((flaw) => [flaw, 0])) as Record<Flaw, number>,
  }

  add(message: SimulatedMessage): void {
    const counts = this.#counts
    switch (message.kind) {
      case 'play':
        counts.plays++
        if (message.disorder === 'late') counts.late++
        if (message.disorder === 'out_of_order') counts.outOfOrder++
        break
      case 'duplicate':
        counts.duplicates++
        break
      case 'malformed':
        counts.malformed++
        counts.malformedBy[message.flaw]++
    }
  }

  counts(): Counts {
    return structuredClone(this.#counts)
  }
}
