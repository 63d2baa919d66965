import { type Cohort, cohortRetention as query } from '../../queries/cohort-retention.ts'
import { partInSteps, publish } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { count, listOf, object, orNull, published, querystring, start } from './schemas.ts'
import { type Span, lastWeeks } from './spans.ts'

export const MOST_WEEKS = 64
export const DEFAULT_WEEKS = 13

const few = 'where these, or those who did not, are few'

export const cohortRetention = {
  path: '/api/cohort-retention',
  summary:
    'Listeners by the week of their first play, and how many of them played in each week from there on.',
  querystring: querystring({
    weeks: {
      type: 'integer',
      minimum: 1,
      maximum: MOST_WEEKS,
      default: DEFAULT_WEEKS,
      description: 'how many weeks, the running one included',
    },
  }),
  answer: object({
    ...published,
    cohorts: listOf({
      start,
      listeners: count('whose first play was in this week, in steps of k'),
      active: { type: 'array', items: orNull(count('who played in that week'), few) },
    }),
  }),
  freshness: { fresh: 60, kept: 3600 },
  queries: [query],
  plan: ({ weeks }, now) => ({ ...lastWeeks(now, weeks), weeks }),
  async read({ client, k }, { weeks, ...span }) {
    const found = await query.run(client, { from: new Date(span.from), weeks })
    const byStart = new Map(found.map((cohort) => [cohort.start, cohort]))
    const sizes = found.map(({ start: week, listeners }) => ({ start: week, listeners }))
    const cohorts = publish('cohort', sizes, k).map((size) => ({
      ...size,
      active: activeOf(byStart.get(size.start)!, k),
    }))
    return { ...span, k, cohorts }
  },
} satisfies PublicEndpoint<{ weeks: number }, Span & { weeks: number }>

const activeOf = ({ listeners, active }: Cohort, k: number) =>
  active.map((part) => partInSteps(part, listeners, k))
