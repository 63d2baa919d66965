/** The day of UTC that a time (ms since 1970) lies in, as 2026-01-31. */
export const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10)

/** Whether a text is a day of the calendar, as 2026-01-31. */
export function isIsoDay(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN
  // What is no day of its month is taken for one of the next.
  return !Number.isNaN(time) && isoDay(time) === text
}
