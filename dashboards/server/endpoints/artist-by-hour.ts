import { artistByHour as query } from '../../queries/artist-by-hour.ts'
import { inSteps, publish } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { figures, listOf, object, published, querystring, start, text, upTo100 } from './schemas.ts'
import { type Days, type Span, dates, daysOf, daysSchema } from './spans.ts'

const MOST_DAYS = 31

type Asked = Days & { artistId: string }

export const artistByHour = {
  path: '/api/artist-by-hour',
  summary: 'Plays of one artist by the hour of UTC.',
  querystring: querystring(
    {
      artistId: { type: 'string', minLength: 1, maxLength: 200, description: 'whose plays' },
      ...daysSchema(MOST_DAYS, 7),
    },
    ['artistId'],
  ),
  answer: object({
    artistId: text('as asked for; one that is not known has no hours, like one that few have played'),
    ...published,
    hours: listOf({ start, ...figures, listeners: upTo100 }),
  }),
  freshness: { fresh: 60, kept: 600 },
  queries: [query],
  plan: ({ artistId, ...days }, now) => ({ artistId, ...daysOf(days, now, MOST_DAYS, 7) }),
  async read({ client, k }, { artistId, ...span }) {
    const hours = publish('hour', await query.run(client, { artistId, ...dates(span) }), k)
    return { artistId, ...span, k, hours: hours.map((hour) => inSteps(hour, k)) }
  },
} satisfies PublicEndpoint<Asked, Span & { artistId: string }>
