import { artistListeners } from '../../queries/artist-listeners.ts'
import { topArtists as query } from '../../queries/top-artists.ts'
import { publishInSteps } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { figures, listOf, object, published, querystring, text, upTo100 } from './schemas.ts'
import { type Span, dates, periodOf, periods } from './spans.ts'

const TOLD = 50
/** More are read than are told, since artists with few listeners are left out. */
const LOOKED_AT = 2 * TOLD

interface Asked {
  period: (typeof periods)[number]
  day?: string
}

export const topArtists = {
  path: '/api/top-artists',
  summary:
    'The fifty most played artists of a day, a week from Monday on, or a month of UTC, the most played first.',
  querystring: querystring({
    period: { type: 'string', enum: periods, default: 'day', description: 'how long' },
    day: { type: 'string', format: 'date', description: 'a day that lies in it; by default today' },
  }),
  answer: object({
    ...published,
    artists: listOf({
      artistId: text('of the artist'),
      artistName: text('under which they came last'),
      ...figures,
      listeners: upTo100,
    }),
  }),
  freshness: { fresh: 60, kept: 600 },
  queries: [query, artistListeners],
  plan: ({ period, day }, now) => periodOf(period, day, now),
  async read({ client, k }, span) {
    const top = await query.run(client, { ...dates(span), artists: LOOKED_AT })
    const artistIds = top.map(({ artistId }) => artistId)
    const counted = await artistListeners.run(client, { ...dates(span), artistIds })
    const listeners = new Map(counted.map((row) => [row.artistId, row.listeners]))
    const rows = top.map((row) => ({ ...row, listeners: listeners.get(row.artistId) ?? 0 }))
    const artists = publishInSteps('artist', rows, k)
    return { ...span, k, artists: artists.slice(0, TOLD) }
  },
} satisfies PublicEndpoint<Asked, Span>
