import { ownImports as query } from '../../queries/own-imports.ts'
import type { OwnEndpoint } from './endpoint.ts'
import { count, figures, listOf, object, querystring, text, time } from './schemas.ts'

export const ownImports = {
  path: '/api/me/imports',
  summary:
    'What the listener of the token has imported: of each import the plays that were new. What was skipped, or there already, `continuo import` tells when it ends; it is not kept.',
  querystring: querystring({}),
  answer: object({
    imports: listOf({
      importId: text('as the import called itself'),
      plays: count('that were new'),
      msPlayed: figures.msPlayed,
      firstPlayedAt: time('the earliest of them'),
      lastPlayedAt: time('the latest of them'),
      begun: time('when the first of them came'),
      ended: time('when the last of them came'),
    }),
  }),
  freshness: { fresh: 5, kept: 60 },
  queries: [query],
  plan: () => ({}),
  read: async (client, listener) => ({ imports: await query.run(client, { listener }) }),
} satisfies OwnEndpoint<object, object>
