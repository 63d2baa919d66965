import { setTimeout as pause } from 'node:timers/promises'
import type { Child, Exit } from './child.ts'

export interface SuperviseOptions {
  /** The child's name, as a person reads it. */
  title: string
  /** Starts the child and waits until it is up; gives up, leaving no child, when the signal comes. */
  launch(signal: AbortSignal): Promise<Child>
  /** Whether a child that ends by itself is started again. */
  restart: boolean
  progress(line: string): void
  /** Milliseconds before the first restart, and the most that they grow to. */
  backoff?: { first: number; most: number }
}

/** A child that is kept running until one stops it. */
export interface Supervised {
  /** The number of the process, while it runs. */
  pid(): number | undefined
  /** Starts it, or starts it again after `stop` or `kill`. */
  start(): Promise<void>
  /** Ends it in its own way, by force after `within` ms. */
  stop(within: number): Promise<void>
  /** SIGKILL, without a restart. */
  kill(): Promise<void>
}

/** A child that stayed up for so long starts again with the shortest delay. */
const steady = 10_000

/** Keeps a child running: one that ends by itself is started again, after a delay that doubles with each failure. */
export function supervise(options: SuperviseOptions): Supervised {
  const { title, launch, restart, progress, backoff = { first: 200, most: 5000 } } = options
  let child: Child | undefined
  let wanted = new AbortController()
  let starting: Promise<void> = Promise.resolve()
  let upkeep: Promise<void> = Promise.resolve()

  function bringUp(signal: AbortSignal): Promise<void> {
    starting = launch(signal).then((started) => {
      child = started
    })
    return starting
  }

  async function keepUp(signal: AbortSignal): Promise<void> {
    let delay = backoff.first
    while (child) {
      const since = performance.now()
      const exit = await child.exited
      child = undefined
      if (signal.aborted) return
      progress(`${title} ${describe(exit)}${restart ? '; starting it again' : ''}`)
      if (!restart) return
      if (performance.now() - since > steady) delay = backoff.first
      delay = await bringUpAgain(delay, signal)
    }
  }

  /** Tries until it is up, and returns the delay before the next try. */
  async function bringUpAgain(delay: number, signal: AbortSignal): Promise<number> {
    for (; ; delay = Math.min(delay * 2, backoff.most)) {
      try {
        await pause(delay, undefined, { signal })
        await bringUp(signal)
        return Math.min(delay * 2, backoff.most)
      } catch (error) {
        if (signal.aborted) return delay
        progress((error as Error).message)
      }
    }
  }

  async function end(how: (running: Child) => Promise<Exit>): Promise<void> {
    wanted.abort()
    await starting.catch(() => undefined)
    if (child) await how(child)
    await upkeep
  }

  return {
    pid: () => child?.pid,
    async start() {
      wanted = new AbortController()
      await bringUp(wanted.signal)
      upkeep = keepUp(wanted.signal)
    },
    stop: (within) => end((running) => running.stop(within)),
    kill: () => end((running) => running.kill()),
  }
}

function describe({ code, signal }: Exit): string {
  return signal ? `was ended by ${signal}` : `ended with code ${code}`
}
