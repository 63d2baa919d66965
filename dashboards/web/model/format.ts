const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const oneDecimal = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const percentage = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
})
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const hourMinute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const hourMinuteSecond = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

const dayMonth = { day: 'numeric', month: 'short' } as const
const shortDays = {
  local: new Intl.DateTimeFormat('en-GB', dayMonth),
  UTC: new Intl.DateTimeFormat('en-GB', { ...dayMonth, timeZone: 'UTC' }),
}
const weekdayHour = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  ...dayMonth,
  hour: '2-digit',
  minute: '2-digit',
})
const moment = new Intl.DateTimeFormat('en-GB', {
  ...dayMonth,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
const weekdayUtc = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  ...dayMonth,
  year: 'numeric',
  timeZone: 'UTC',
})

/** 1,204 */
export function count(value: number): string {
  return whole.format(value)
}

/** "1 play", "1,204 plays" */
export function counted(value: number, one: string): string {
  return `${count(value)} ${value === 1 ? one : `${one}s`}`
}

/** 1.2K: for axes. */
export function shortCount(value: number): string {
  return compact.format(value)
}

/** 8.4 below a hundred, 204 above. */
export function rate(value: number): string {
  return value < 99.95 ? oneDecimal.format(value) : whole.format(value)
}

/** A part of 1: 12.5%. */
export function percent(part: number): string {
  return percentage.format(part)
}

/** Time listened: "48 min", "3.2 h", "1,204 h". */
export function listened(ms: number): string {
  const hours = ms / 3_600_000
  if (hours < 1) return `${whole.format(ms / 60_000)} min`
  return `${hours < 100 ? oneDecimal.format(hours) : whole.format(hours)} h`
}

/** 21:42, in the reader's zone. */
export function minuteTime(time: number): string {
  return hourMinute.format(time)
}

/** 29 Nov: in the reader's zone, or of UTC. */
export function shortDay(time: number, zone: 'local' | 'UTC' = 'local'): string {
  return shortDays[zone].format(time)
}

/** Sun, 29 Nov, 21:00: in the reader's zone. */
export function hourName(time: number): string {
  return weekdayHour.format(time)
}

/** Sun, 29 Nov 2026: of UTC. */
export function dayName(time: number): string {
  return weekdayUtc.format(time)
}

/** 21:42:07, in the reader's zone. */
export function clockTime(time: number): string {
  return hourMinuteSecond.format(time)
}

/** How long something took or is ago: "420 ms", "12 s", "48 min", "3.2 h", "12 days". */
export function duration(ms: number): string {
  if (ms < 999.5) return `${whole.format(ms)} ms`
  if (ms < 9_950) return `${oneDecimal.format(ms / 1000)} s`
  if (ms < 99_500) return `${whole.format(ms / 1000)} s`
  if (ms < 48 * 3_600_000) return listened(ms)
  return `${whole.format(ms / 86_400_000)} days`
}

/** 29 Nov, 21:42:07: in the reader's zone. */
export function momentName(time: number): string {
  return moment.format(time)
}
