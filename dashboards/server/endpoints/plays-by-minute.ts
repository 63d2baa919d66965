import { playsByMinute as query } from '../../queries/plays-by-minute.ts'
import { publish } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { count, listOf, object, published, querystring, start } from './schemas.ts'
import { type Span, dates, lastMinutes } from './spans.ts'

export const playsByMinute = {
  path: '/api/plays-by-minute',
  summary: 'Plays and listeners by the minute, up to the end of the running one.',
  querystring: querystring({
    minutes: { type: 'integer', minimum: 1, maximum: 1440, default: 60, description: 'how many minutes' },
  }),
  answer: object({
    ...published,
    minutes: listOf({
      start,
      plays: count('how many plays'),
      listeners: count('of how many different listeners'),
    }),
  }),
  // The page asks behind each minute.
  freshness: { fresh: 1, kept: 5 },
  queries: [query],
  plan: ({ minutes }, now) => lastMinutes(now, minutes),
  async read({ client, k }, span) {
    return { ...span, k, minutes: publish('minute', await query.run(client, dates(span)), k) }
  },
} satisfies PublicEndpoint<{ minutes: number }, Span>
