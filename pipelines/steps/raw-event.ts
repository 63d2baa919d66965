import { hours } from '../engine/index.ts'

const EVENT_ID = /^[0-9a-f-]{32,36}$/i
const FIRST_STREAM = Date.UTC(2000, 0, 1)
const CLOCK_LEAD_MS = hours(1)

/** A UUID, or a keyed hash in hex. */
export const isEventId = (id: string): boolean => EVENT_ID.test(id)

export const isBeforeStreaming = (at: number): boolean => at < FIRST_STREAM

/**
 * A clock that sends events may lead by less than an hour: what it dates so happened, at the latest, when it reached Kafka. Farther
 * ahead of now nobody knows when it was.
 */
export const isInFuture = (at: number, now: number): boolean => at > now + CLOCK_LEAD_MS
