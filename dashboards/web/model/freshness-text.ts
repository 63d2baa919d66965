const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S
const DAY_S = 24 * HOUR_S

/** How long ago a list was made: "just now", "12 s ago", "3 days ago". Clocks that differ a little make no future of it. */
export function ageText(madeAt: number, now: number): string {
  const seconds = Math.floor((now - madeAt) / 1000)
  if (seconds < 1) return 'just now'
  if (seconds < MINUTE_S) return `${seconds} s ago`
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min ago`
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)} h ago`
  const days = Math.floor(seconds / DAY_S)
  return days === 1 ? '1 day ago' : `${days} days ago`
}

/** A version with its two ends, the date and the hash: "20261129…1a2b3c4d". What is short stays as it is. */
export function shortVersion(version: string): string {
  return version.length <= 20 ? version : `${version.slice(0, 8)}…${version.slice(-8)}`
}
