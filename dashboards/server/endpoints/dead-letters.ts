import { letterGroups } from '../../queries/letter-groups.ts'
import { lettersByHour } from '../../queries/letters-by-hour.ts'
import { newestLetters } from '../../queries/newest-letters.ts'
import type { OperatorEndpoint } from './endpoint.ts'
import { count, listOf, object, orNull, published, querystring, start, text, time } from './schemas.ts'
import { type Days, type Span, dates, choiceOfDays } from './spans.ts'

/** The table keeps them for thirty. */
const choice = choiceOfDays({ most: 31, byDefault: 7 })

type Asked = Days & { stage?: string }

const untold = 'where who set it aside did not know'
const alike = {
  stage: text('that set it aside'),
  kind: text('decode, validate, step, sink or late'),
  reason: text('snake_case'),
  topic: text('of the record that was set aside'),
}

export const deadLetters = {
  path: '/api/dead-letters',
  summary:
    'What was set aside: alike ones together, by the hour of UTC, and the newest hundred. For operators; what is sealed is shown by `continuo dlq` alone.',
  querystring: querystring({
    stage: {
      type: 'string',
      maxLength: 200,
      pattern: '^[a-zA-Z0-9._-]+$',
      description: 'of which stage; by default of all',
    },
    ...choice.parameters,
  }),
  answer: object({
    from: published.from,
    to: published.to,
    groups: listOf({
      ...alike,
      letters: count('how often something was set aside; the two hundred largest groups are told'),
      records: count('how many different records these are'),
      first: time('when the first came'),
      last: time('when the last came'),
    }),
    hours: listOf({ start, letters: count('how many came') }),
    newest: listOf({
      id: text('stage:topic:partition:offset'),
      at: time('when it came'),
      ...alike,
      partition: count('of the topic'),
      offset: text('of the record; it may be larger than a number can tell'),
      errorCode: orNull(text('what the error calls itself'), untold),
      schemaId: orNull(count('in the registry'), untold),
      attempt: count('how often it had been set aside before'),
      traceId: orNull(text('of the trace'), untold),
      summary: text('what was wrong, without personal data'),
    }),
  }),
  freshness: { fresh: 5, kept: 60 },
  queries: [letterGroups, lettersByHour, newestLetters],
  plan: ({ stage = '', ...days }, now) => ({ stage, ...choice.spanOf(days, now) }),
  read({ client, gate }, { stage, ...span }) {
    const asked = { stage, ...dates(span) }
    return gate(async () => ({
      ...span,
      groups: await letterGroups.run(client, asked),
      hours: await lettersByHour.run(client, asked),
      newest: await newestLetters.run(client, asked),
    }))
  },
} satisfies OperatorEndpoint<Asked, Span & { stage: string }>
