/** How often a step has done the same with a row. */
export interface CountedOutcome {
  step: string
  outcome: string
  reason: string
  count: number
}

/** What steps dropped and set aside, counted with the run that it belongs to. */
export class OutcomeCounts {
  readonly #committed = new Map<string, CountedOutcome>()
  #ofRun: Omit<CountedOutcome, 'count'>[] = []

  add(step: string, outcome: string, reason: string): void {
    this.#ofRun.push({ step, outcome, reason })
  }

  commit(): void {
    for (const each of this.#ofRun) {
      const id = JSON.stringify(each)
      this.#committed.set(id, { ...each, count: (this.#committed.get(id)?.count ?? 0) + 1 })
    }
    this.#ofRun = []
  }

  forgetRun(): void {
    this.#ofRun = []
  }

  get all(): CountedOutcome[] {
    return [...this.#committed.values()]
  }
}
