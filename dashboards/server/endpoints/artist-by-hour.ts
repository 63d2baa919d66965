import { artistByHour as query } from '../../queries/artist-by-hour.ts'
import { publishInSteps } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { hourRows, object, published, querystring, text, whosePlays } from './schemas.ts'
import { type Days, type Span, dates, choiceOfDays } from './spans.ts'

const choice = choiceOfDays({ most: 31, byDefault: 7 })

type Asked = Days & { artistId: string }

export const artistByHour = {
  path: '/api/artist-by-hour',
  summary: 'Plays of one artist by the hour of UTC.',
  querystring: querystring({ artistId: whosePlays, ...choice.parameters }, ['artistId']),
  answer: object({
    artistId: text('as asked for; one that is not known has no hours, like one that few have played'),
    ...published,
    hours: hourRows,
  }),
  freshness: { fresh: 60, kept: 600 },
  queries: [query],
  plan: ({ artistId, ...days }, now) => ({ artistId, ...choice.spanOf(days, now) }),
  async read({ client, k }, { artistId, ...span }) {
    const hours = publishInSteps('hour', await query.run(client, { artistId, ...dates(span) }), k)
    return { artistId, ...span, k, hours }
  },
} satisfies PublicEndpoint<Asked, Span & { artistId: string }>
