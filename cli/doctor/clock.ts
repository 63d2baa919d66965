import { type Check, bad, check, ok, unknown, warn } from '../../sinks/finding.ts'

/** How far another clock is ahead of this machine's, ms, and how exactly that is known. */
export interface ClockOffset {
  aheadMs: number
  giveOrTakeMs: number
}

const WARN_MS = 1_000
const BAD_MS = 60_000

/** Asks a service for its time, ms since 1970. The answer was true somewhere between question and answer. */
export async function measureClock(now: () => number, ask: () => Promise<number>): Promise<ClockOffset> {
  const before = now()
  const there = await ask()
  return offsetBetween(there, before, now())
}

/** `there`: what the other clock said at a moment between `before` and `after` of this one. */
export const offsetBetween = (there: number, before: number, after: number): ClockOffset => ({
  aheadMs: there - (before + after) / 2,
  giveOrTakeMs: (after - before) / 2,
})

/** Whether a service's clock is that of this machine, as exactly as that can be told. `untold`: how it can be made to tell. */
export const clockCheck = (untold: string): Check<{ clock: ClockOffset | undefined }> =>
  check('clock', ({ clock }) => {
    if (clock === undefined) return unknown('it does not tell the time', untold)
    const { aheadMs, giveOrTakeMs } = clock
    const atLeast = Math.abs(aheadMs) - giveOrTakeMs
    const exactly = `give or take ${seconds(giveOrTakeMs)}`
    const found =
      atLeast <= 0
        ? `as this machine's, ${exactly}`
        : `${seconds(Math.abs(aheadMs))} ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine, ${exactly}`
    if (atLeast <= WARN_MS) return ok(found)
    const remedy =
      'let both keep time by NTP (timedatectl, chronyc tracking): times of plays, windows and what is new are told by these clocks'
    return atLeast > BAD_MS ? bad(found, remedy) : warn(found, remedy)
  })

const seconds = (ms: number) => `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`
