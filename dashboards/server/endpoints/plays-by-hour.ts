import { playsByHour as query } from '../../queries/plays-by-hour.ts'
import { inSteps, publish } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { figures, listOf, object, published, querystring, start, upTo100 } from './schemas.ts'
import { type Days, type Span, dates, daysOf, daysSchema } from './spans.ts'

const MOST_DAYS = 92

export const playsByHour = {
  path: '/api/plays-by-hour',
  summary: 'Plays by the hour of UTC.',
  querystring: querystring(daysSchema(MOST_DAYS, 7)),
  answer: object({ ...published, hours: listOf({ start, ...figures, listeners: upTo100 }) }),
  freshness: { fresh: 30, kept: 600 },
  queries: [query],
  plan: (days, now) => daysOf(days, now, MOST_DAYS, 7),
  async read({ client, k }, span) {
    const hours = publish('hour', await query.run(client, dates(span)), k)
    return { ...span, k, hours: hours.map((hour) => inSteps(hour, k)) }
  },
} satisfies PublicEndpoint<Days, Span>
