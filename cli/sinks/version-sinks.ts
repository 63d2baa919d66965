import type { RunningSink } from '../../sinks/index.ts'
import { type MadeVersion, type TopologyVersion, type Versions, labelOf } from '../versions/versions.ts'

/** Keeps sinks running for each version that there is beside the first ones: begins with those that come, ends with those that go. */
export class VersionSinks {
  readonly #start: (which: TopologyVersion) => Promise<RunningSink[]>
  readonly #crash: (error: unknown) => void
  readonly #running = new Map<string, RunningSink[]>()
  #last: Promise<void> = Promise.resolve()
  #stopping = false

  /** `start` answers none for a version that nothing is to be carried of. */
  constructor(start: (which: TopologyVersion) => Promise<RunningSink[]>, crash: (error: unknown) => void) {
    this.#start = start
    this.#crash = crash
  }

  ready(): boolean {
    return this.running.every((sink) => sink.ready())
  }

  get running(): RunningSink[] {
    return [...this.#running.values()].flat()
  }

  /** These are the versions now. */
  follow(versions: Versions): void {
    const made = versions.made.filter(({ record }) => record.removing !== true)
    const served = made.filter(({ topology, version }) => versions.inService(topology) === version)
    this.#last = this.#last.then(() => this.#adapt(made, served)).catch(this.#crash)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#last
    await Promise.all(this.running.map((sink) => sink.stop()))
  }

  async #adapt(made: readonly MadeVersion[], served: readonly MadeVersion[]): Promise<void> {
    if (this.#stopping) return
    const wanted = new Map(made.map((each) => [labelOf(each), each]))
    for (const [label, sinks] of this.#running) {
      if (wanted.has(label)) continue
      this.#running.delete(label)
      await Promise.all(sinks.map((sink) => sink.stop()))
    }
    for (const [label, which] of wanted)
      if (!this.#running.has(label)) this.#running.set(label, await this.#start(which))
    for (const which of served)
      for (const sink of this.#running.get(labelOf(which)) ?? []) await sink.putInService?.()
  }
}
