import { type ClickThroughRow, clickThrough as query } from '../../queries/click-through.ts'
import { canBeParted, publish } from '../../../schemas/k-anonymity.ts'
import type { PublicEndpoint } from './endpoint.ts'
import { count, listOf, object, orNull, published, querystring, share, text } from './schemas.ts'
import { type Span, dates, lastDays } from './spans.ts'

/** There is no choice of spans, nor do they move by the minute: what one has beside another would be of a few. */
const DAYS = 7

const few = 'where those who clicked, or those who did not, are few'

export const clickThrough = {
  path: '/api/click-through',
  summary:
    'What became of recommendations in the last seven days of UTC, by the version of the model, newest first.',
  querystring: querystring({}),
  answer: object({
    ...published,
    versions: listOf({
      modelVersion: text('the model that made them'),
      listsShown: count('how many lists were on a screen'),
      artistsShown: count('how many artists they had'),
      clicks: orNull(count('how many artists were chosen'), few),
      clickThrough: orNull(share('the part of lists that was clicked'), few),
      listeners: count('how many different listeners had them'),
    }),
  }),
  freshness: { fresh: 1, kept: 30 },
  queries: [query],
  plan: (_, now) => lastDays(now, DAYS),
  async read({ client, k }, span) {
    const rows = publish('modelVersion', await query.run(client, dates(span)), k)
    return { ...span, k, versions: rows.map((row) => told(row, k)) }
  },
} satisfies PublicEndpoint<object, Span>

const told = ({ clickedBy, leftBy, clicks, clickThrough: part, ...row }: ClickThroughRow, k: number) => ({
  ...row,
  ...(canBeParted(clickedBy, leftBy, k)
    ? { clicks, clickThrough: part }
    : { clicks: null, clickThrough: null }),
})
