import { artistByDay as query } from '../../queries/artist-by-day.ts'
import { inSteps, publish } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { count, figures, listOf, object, published, querystring, start, text } from './schemas.ts'
import { type Days, type Span, dates, daysOf, daysSchema } from './spans.ts'

const MOST_DAYS = 92

type Asked = Days & { artistId: string }

export const artistByDay = {
  path: '/api/artist-by-day',
  summary: 'Plays and listeners of one artist by the day of UTC.',
  querystring: querystring(
    {
      artistId: { type: 'string', minLength: 1, maxLength: 200, description: 'whose plays' },
      ...daysSchema(MOST_DAYS, 30),
    },
    ['artistId'],
  ),
  answer: object({
    artistId: text('as asked for; one that is not known has no days, like one that few have played'),
    ...published,
    days: listOf({
      start,
      ...figures,
      listeners: count('of how many different listeners, in steps of k, within two percent'),
    }),
  }),
  freshness: { fresh: 60, kept: 600 },
  queries: [query],
  plan: ({ artistId, ...days }, now) => ({ artistId, ...daysOf(days, now, MOST_DAYS, 30) }),
  async read({ client, k }, { artistId, ...span }) {
    const days = publish('day', await query.run(client, { artistId, ...dates(span) }), k)
    return { artistId, ...span, k, days: days.map((day) => inSteps(day, k)) }
  },
} satisfies PublicEndpoint<Asked, Span & { artistId: string }>
