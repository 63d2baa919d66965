/** What goes wrong on the way, as shares of the plays. */
export interface Disorder {
  /** Plays that are sent a second time, as a client does that has lost the answer. */
  duplicates: number
  /** Plays minutes old, as from a phone that was offline. */
  late: number
  /** Plays some seconds old: behind others, but within a grace of 30 s, whatever the clocks' skew. */
  outOfOrder: number
  /** Messages, beside the plays, that are no plays. */
  malformed: number
  /** Listeners (not plays) whose clock is some seconds ahead or behind. */
  skewedListeners: number
}

export const usualDisorder: Readonly<Disorder> = {
  duplicates: 0.01,
  late: 0.005,
  outOfOrder: 0.02,
  malformed: 0.0005,
  skewedListeners: 0.1,
}

export const noDisorder: Readonly<Disorder> = {
  duplicates: 0,
  late: 0,
  outOfOrder: 0,
  malformed: 0,
  skewedListeners: 0,
}

/** The ways in which a message is no play. */
export const flaws = [
  'random_bytes',
  'unknown_schema_id',
  'truncated_avro',
  'null_value',
  'time_long_ago',
  'time_far_ahead',
] as const

export type Flaw = (typeof flaws)[number]
