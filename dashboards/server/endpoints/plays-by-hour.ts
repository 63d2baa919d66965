import { playsByHour as query } from '../../queries/plays-by-hour.ts'
import { publishInSteps } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { hourRows, object, published, querystring } from './schemas.ts'
import { type Days, type Span, dates, choiceOfDays } from './spans.ts'

const choice = choiceOfDays({ most: 92, byDefault: 7 })

export const playsByHour = {
  path: '/api/plays-by-hour',
  summary: 'Plays by the hour of UTC.',
  querystring: querystring(choice.parameters),
  answer: object({ ...published, hours: hourRows }),
  freshness: { fresh: 30, kept: 600 },
  queries: [query],
  plan: choice.spanOf,
  async read({ client, k }, span) {
    const hours = publishInSteps('hour', await query.run(client, dates(span)), k)
    return { ...span, k, hours }
  },
} satisfies PublicEndpoint<Days, Span>
