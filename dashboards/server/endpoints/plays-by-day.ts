import { playsByDay as query } from '../../queries/plays-by-day.ts'
import { inSteps, publish } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { count, figures, listOf, object, published, querystring, start } from './schemas.ts'
import { type Days, type Span, dates, daysOf, daysSchema } from './spans.ts'

const MOST_DAYS = 1100

export const playsByDay = {
  path: '/api/plays-by-day',
  summary: 'Plays and listeners by the day of UTC.',
  querystring: querystring(daysSchema(MOST_DAYS, 90)),
  answer: object({
    ...published,
    days: listOf({
      start,
      ...figures,
      listeners: count('of how many different listeners, in steps of k, within two percent'),
    }),
  }),
  freshness: { fresh: 30, kept: 600 },
  queries: [query],
  plan: (days, now) => daysOf(days, now, MOST_DAYS, 90),
  async read({ client, k }, span) {
    const days = publish('day', await query.run(client, dates(span)), k)
    return { ...span, k, days: days.map((day) => inSteps(day, k)) }
  },
} satisfies PublicEndpoint<Days, Span>
