import { artistByDay as query } from '../../queries/artist-by-day.ts'
import { publishInSteps } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { dayRows, object, published, querystring, text, whosePlays } from './schemas.ts'
import { type Days, type Span, dates, choiceOfDays } from './spans.ts'

const choice = choiceOfDays({ most: 92, byDefault: 30 })

type Asked = Days & { artistId: string }

export const artistByDay = {
  path: '/api/artist-by-day',
  summary: 'Plays and listeners of one artist by the day of UTC.',
  querystring: querystring({ artistId: whosePlays, ...choice.parameters }, ['artistId']),
  answer: object({
    artistId: text('as asked for; one that is not known has no days, like one that few have played'),
    ...published,
    days: dayRows,
  }),
  freshness: { fresh: 60, kept: 600 },
  queries: [query],
  plan: ({ artistId, ...days }, now) => ({ artistId, ...choice.spanOf(days, now) }),
  async read({ client, k }, { artistId, ...span }) {
    const days = publishInSteps('day', await query.run(client, { artistId, ...dates(span) }), k)
    return { artistId, ...span, k, days }
  },
} satisfies PublicEndpoint<Asked, Span & { artistId: string }>
