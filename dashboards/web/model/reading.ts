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

/** How fresh it is, in words: loading, as of when, or since when and why not. */
export function readingText({ askedAt, trouble }: Reading): string {
  if (trouble === undefined) return askedAt === undefined ? 'Loading…' : `as of ${clockTime(askedAt)}`
  const { reason, since } = trouble
  if (askedAt === undefined) return `Not to be had: ${reason}`
  return `Not to be had since ${clockTime(since)}, this is as of ${clockTime(askedAt)}. ${reason}`
}
