/** Columns of text, each as wide as its widest cell; those that are empty in every row are left out. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const shown = head.map((_, column) => column).filter((column) => rows.some((row) => row[column] !== ''))
  const widths = shown.map((column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)))
  return [head, ...rows].map((row) =>
    shown
      .map((column, index) => pad(row[column] ?? '', widths[index]!, isNumeric(rows, column)))
      .join('  ')
      .trimEnd(),
  )
}

/** Numbers stand under one another by their last digit. */
const isNumeric = (rows: readonly (readonly string[])[], column: number) =>
  rows.every((row) => /^[\d,–]*$/.test(row[column] ?? ''))

const pad = (text: string, width: number, right: boolean) => {
  const space = ' '.repeat(width - text.length)
  return right ? space + text : text + space
}

/** `120,300` */
export const count = (n: number) => Math.round(n).toLocaleString('en')

/** `1 task`, `2 tasks` */
export const counted = (n: number, one: string, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`

/** `0.3 s`, `12 s`, `3 min`, `2 h`, `5 days` */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** In UTC: `12:00:05` today, else `2026-01-01 12:00:05`. */
export function moment(ms: number, now: number): string {
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) return 'beyond all dates'
  const [day = '', time = ''] = date.toISOString().split(/[T.]/)
  return new Date(now).toISOString().startsWith(day) ? time : `${day} ${time}`
}
