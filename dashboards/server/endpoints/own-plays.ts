import { ownArtists } from '../../queries/own-artists.ts'
import { ownDays } from '../../queries/own-days.ts'
import type { OwnEndpoint } from './endpoint.ts'
import { figures, listOf, object, published, querystring, start, text } from './schemas.ts'
import { type Days, type Span, dates, choiceOfDays } from './spans.ts'

const choice = choiceOfDays({ most: 366, byDefault: 90 })

export const ownPlays = {
  path: '/api/me/plays',
  summary: 'What the listener of the token has played: by the day of UTC, and the fifty artists played most.',
  querystring: querystring(choice.parameters),
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
  plan: choice.spanOf,
  async read(client, listener, span) {
    const asked = { listener, ...dates(span) }
    return { ...span, days: await ownDays.run(client, asked), artists: await ownArtists.run(client, asked) }
  },
} satisfies OwnEndpoint<Days, Span>
