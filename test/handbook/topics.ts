import { avroSchema, topic } from '../../pipelines/engine/index.ts'
import { topics } from '../../schemas/topics.ts'

/*
 * Topics that several chapters write, named as chapter 1 names its own. Each has one word for what its rows are spread by: what
 * comes by user and what comes by country goes to different ones.
 */

/** Plays in a window; times in ms since 1970. */
export interface Plays {
  from: number
  to: number
  plays: number
}

const playsV1 = avroSchema<Plays>('plays.v1', {
  type: 'record',
  name: 'Plays',
  fields: [
    { name: 'from', type: 'long' },
    { name: 'to', type: 'long' },
    { name: 'plays', type: 'long' },
  ],
})

export const open = topic('open-windows', playsV1, 'user')
export const closed = topic('closed-windows', playsV1, 'user')
export const late = topic('late', topics.latePlays.value, 'user')

/** The repartition topic of `keyBy`: clean plays once more, spread by country. */
export const playsByCountry = topic('plays-by-country', topics.playsClean.value, 'country')
export const countryTotalsLive = topic('country-totals-live', playsV1, 'country')
export const countryTotals = topic('country-totals', playsV1, 'country')
export const lateByCountry = topic('late-by-country', topics.latePlays.value, 'country')

/** Plays of a key so far, without a window. */
export interface Count {
  plays: number
}

export const countV1 = avroSchema<Count>('count.v1', {
  type: 'record',
  name: 'Count',
  fields: [{ name: 'plays', type: 'long' }],
})

/** A word or a sentence. */
export interface Line {
  text: string
}

export const lineV1 = avroSchema<Line>('line.v1', {
  type: 'record',
  name: 'Line',
  fields: [{ name: 'text', type: 'string' }],
})

export const lines = topic('lines', lineV1, 'user')
/** What a listener pays for: a table, so its topic is compacted; keyed by listener, and spread as their plays are. */
export const plans = topic('plans', lineV1, 'user', { 'cleanup.policy': 'compact' })
