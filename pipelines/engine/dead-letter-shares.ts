import { Gauge, type Registry } from 'prom-client'

interface Counts {
  records: number
  letters: number
}

const SPAN_MS = 300_000
/** A stage that has had fewer is held to have had so many: one record of ten is no sign of anything. */
const FEWEST = 100

/**
 * What share of the records that a stage has gone through lately it has set aside. Lately: in the last five minutes, or since it was last asked for
 * before these. What is replayed does not count: it tells of what was wrong before.
 */
export class DeadLetterShares {
  readonly #now: () => number
  readonly #stages = new Map<string, Counts>()
  /** What the counts have been, the first from the beginning of the span or before. */
  #looks: { at: number; stages: ReadonlyMap<string, Counts> }[]

  /** `now`: ms, of a clock that never goes back. */
  constructor(now = (): number => performance.now()) {
    this.#now = now
    this.#looks = [{ at: now(), stages: new Map() }]
  }

  record(stage: string, count = 1): void {
    this.#of(stage).records += count
  }

  /** One of its records is set aside. */
  letter(stage: string): void {
    this.#of(stage).letters += 1
  }

  /** By stage, 0 to 1. */
  get all(): Map<string, number> {
    const at = this.#now()
    const begins = this.#looks.findLastIndex((look) => look.at <= at - SPAN_MS)
    this.#looks.splice(0, Math.max(0, begins))
    const before = this.#looks[0]!.stages
    this.#looks.push({ at, stages: structuredClone(this.#stages) })
    return new Map([...this.#stages].map(([stage, now]) => [stage, shareOf(now, before.get(stage))]))
  }

  #of(stage: string): Counts {
    const known = this.#stages.get(stage)
    if (known !== undefined) return known
    const counts = { records: 0, letters: 0 }
    this.#stages.set(stage, counts)
    return counts
  }
}

function shareOf(now: Counts, before: Counts = { records: 0, letters: 0 }): number {
  return Math.min(1, (now.letters - before.letters) / Math.max(now.records - before.records, FEWEST))
}

/** Reports what share of their records the stages of a process set aside, as it is when it is asked for. */
export function deadLetterRatio(registry: Registry): DeadLetterShares {
  const shares = new DeadLetterShares()
  new Gauge({
    name: 'continuo_dead_letter_ratio',
    help: 'Share of the records of the last five minutes that a stage has set aside, 0 to 1',
    labelNames: ['stage'],
    registers: [registry],
    collect() {
      for (const [stage, share] of shares.all) this.set({ stage }, share)
    },
  })
  return shares
}
