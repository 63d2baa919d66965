import { getJson } from './api.ts'
import { type ClockOffset, type TimeExchange, correction, estimateOffset } from './model/clock.ts'

const EXCHANGES = 5
const EVERY_MS = 60_000

/** Compares this browser's clock with the server's, now and every minute. */
export function followServerTime(): { now(): number; clock(): ClockOffset | undefined } {
  let clock: ClockOffset | undefined
  const compare = async (): Promise<void> => {
    const exchanges: TimeExchange[] = []
    for (let i = 0; i < EXCHANGES; i++) exchanges.push(await exchange())
    clock = estimateOffset(exchanges) ?? clock
  }
  // Without an answer the last estimate stands, and the first is: none.
  const compareIfPossible = (): void => void compare().catch(() => undefined)
  compareIfPossible()
  setInterval(compareIfPossible, EVERY_MS)
  return { now: () => Date.now() + correction(clock), clock: () => clock }
}

async function exchange(): Promise<TimeExchange> {
  const askedAt = Date.now()
  const { now: serverTime } = await getJson<{ now: number }>('/api/time')
  return { askedAt, answeredAt: Date.now(), serverTime }
}
