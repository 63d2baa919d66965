import { clockTime } from './format.ts'

/** What is known of a question to the API; at first nothing. Times in ms since 1970. */
export interface Reading<Answer extends object = object> {
  /** The newest; it stays when there is none newer to be had. */
  answer?: Answer
  /** When the store was asked for it. */
  askedAt?: number
  /** Why there is no newer one, and since when. */
  trouble?: { reason: string; since: number } | undefined
}

/** The API gives out answers of a minute; from here on its store must be away. */
const STALE_AFTER_MS = 120_000

/** Whether there should be something newer. */
export const isStale = ({ askedAt, trouble }: Reading, now: number): boolean =>
  trouble !== undefined || (askedAt !== undefined && now - askedAt > STALE_AFTER_MS)

/** How fresh it is, in words: loading, as of when, or since when and why not. */
export function readingText(reading: Reading, now: number): string {
  const { askedAt, trouble } = reading
  if (trouble === undefined) {
    if (askedAt === undefined) return 'Loading…'
    const asOf = `as of ${clockTime(askedAt)}`
    return isStale(reading, now) ? `${asOf}: nothing newer is to be had yet` : asOf
  }
  const { reason, since } = trouble
  if (askedAt === undefined) return `Not to be had: ${reason}`
  return `Not to be had since ${clockTime(since)}, this is as of ${clockTime(askedAt)}. ${reason}`
}
