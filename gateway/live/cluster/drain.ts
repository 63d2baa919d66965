import { disconnects, type Disconnect } from '../protocol/codes.ts'

export interface DrainOptions {
  /** Kept current: the open sockets. */
  sessions: ReadonlySet<{ close(disconnect: Disconnect): void }>
  /** Milliseconds, never going back. */
  now(): number
  /** Resolves after so many milliseconds. */
  pause(ms: number): Promise<unknown>
}

const STEP_MS = 50

/**
 * Sends all clients of a node away with leave to return, evenly over a time, so that the other nodes need not take them
 * all at once. None must come meanwhile.
 */
export class Drain {
  readonly #options: DrainOptions
  #end = Infinity
  #draining: Promise<void> | undefined

  constructor(options: DrainOptions) {
    this.#options = options
  }

  /** Resolves when no client is left. Called again, it ends by the earlier of both times. */
  over(ms: number): Promise<void> {
    this.#end = Math.min(this.#end, this.#options.now() + ms)
    this.#draining ??= this.#run()
    return this.#draining
  }

  async #run(): Promise<void> {
    const { sessions, now, pause } = this.#options
    while (sessions.size > 0) {
      const stepsLeft = Math.max(1, Math.ceil((this.#end - now()) / STEP_MS))
      let left = Math.ceil(sessions.size / stepsLeft)
      for (const session of sessions) {
        if (left-- === 0) break
        session.close(disconnects.shutdown)
      }
      if (sessions.size > 0) await pause(STEP_MS)
    }
  }
}
