import { ownArtists } from '../../queries/own-artists.ts'
import { ownDays } from '../../queries/own-days.ts'
import type { OwnEndpoint } from './endpoint.ts'
import { figures, listOf, object, published, querystring, start, text } from './schemas.ts'
import { type Days, type Span, dates, daysOf, daysSchema } from './spans.ts'

const MOST_DAYS = 366

export const ownPlays = {
  path: '/api/me/plays',
  summary: 'What the listener of the token has played: by the day of UTC, and the fifty artists played most.',
  querystring: querystring(daysSchema(MOST_DAYS, 90)),
  answer: object({
    from: published.from,
    to: published.to,
    days: listOf({ start, ...figures }),
    artists: listOf({
      artistId: text('of the artist'),
      artistName: text('under which they came last'),
      ...figures,
    }),
  }),
  freshness: { fresh: 10, kept: 60 },
  queries: [ownDays, ownArtists],
  plan: (days, now) => daysOf(days, now, MOST_DAYS, 90),
  async read(client, listener, span) {
    const asked = { listener, ...dates(span) }
    return { ...span, days: await ownDays.run(client, asked), artists: await ownArtists.run(client, asked) }
  },
} satisfies OwnEndpoint<Days, Span>
