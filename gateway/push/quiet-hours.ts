import { DateTime } from 'luxon'

/** Where a listener has a time zone and has said nothing of quiet hours. */
const USUAL = '22:00-08:00'

interface Hours {
  quietHours?: string | undefined
  timeZone?: string | undefined
}

/**
 * When the quiet hours are over in which `now` (ms since 1970) is; undefined if it is in none. They are those of the clock on the listener's
 * wall: where a change of summer time leaves their end out, they end with the change. Without a time zone there are none.
 */
export function quietUntil(now: number, { quietHours = USUAL, timeZone }: Hours): number | undefined {
  if (quietHours === 'none' || timeZone === undefined) return undefined
  const [from, to] = quietHours.split('-').map(minutesOf) as [number, number]
  const local = DateTime.fromMillis(now, { zone: timeZone })
  const minute = local.hour * 60 + local.minute
  const isQuiet = from < to ? from <= minute && minute < to : from <= minute || minute < to
  if (!isQuiet) return undefined
  const day = minute < to ? local : local.plus({ days: 1 })
  const end = day.set({ hour: Math.floor(to / 60), minute: to % 60, second: 0, millisecond: 0 }).toMillis()
  // Where the clock is set back over the end, it comes twice, and the first may be over.
  return end > now ? end : now + 60_000
}

function minutesOf(time: string): number {
  const [hour, minute] = time.split(':').map(Number) as [number, number]
  return hour * 60 + minute
}
