import { playsByDay as query } from '../../queries/plays-by-day.ts'
import { publishInSteps } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { dayRows, object, published, querystring } from './schemas.ts'
import { type Days, type Span, dates, choiceOfDays } from './spans.ts'

const choice = choiceOfDays({ most: 1100, byDefault: 90 })

export const playsByDay = {
  path: '/api/plays-by-day',
  summary: 'Plays and listeners by the day of UTC.',
  querystring: querystring(choice.parameters),
  answer: object({
    ...published,
    days: dayRows,
  }),
  freshness: { fresh: 30, kept: 600 },
  queries: [query],
  plan: choice.spanOf,
  async read({ client, k }, span) {
    const days = publishInSteps('day', await query.run(client, dates(span)), k)
    return { ...span, k, days }
  },
} satisfies PublicEndpoint<Days, Span>
