import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'

type Truthy<T> = Exclude<T, false | 0 | 0n | '' | null | undefined>

export interface UntilOptions {
  /** Milliseconds after which the wait fails. */
  within?: number
  /** Milliseconds between two looks. */
  every?: number
  /** What is waited for, as the failure will say it: "3 rows in plays". */
  what: string
}

/**
 * Looks at `condition` again and again and returns its first truthy value.
 * A condition that throws counts as not met yet; the last error becomes the cause of the failure.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { within = 10_000, every = 25, what }: UntilOptions,
): Promise<Truthy<T>> {
  const deadline = performance.now() + within
  let last: unknown
  for (;;) {
    try {
      last = await condition()
      if (last) return last as Truthy<T>
    } catch (error) {
      last = error
    }
    if (performance.now() >= deadline) throw notMet(what, within, last)
    await pause(every)
  }
}

function notMet(what: string, within: number, last: unknown): Error {
  if (last instanceof Error)
    return new Error(`waited ${within} ms for ${what}: ${last.message}`, { cause: last })
  return new Error(`waited ${within} ms for ${what}: last seen ${inspect(last)}`)
}
