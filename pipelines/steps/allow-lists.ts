import { isCountry } from '../../schemas/country.ts'
import type { Play as PlayV1 } from '../../schemas/events/play.v1.ts'
import type { Play as PlayV2 } from '../../schemas/events/play.v2.ts'
import type { Reaction as ReactionV1 } from '../../schemas/events/reaction.v1.ts'
import type {
  CleanPlay,
  CleanPreference,
  CleanReaction,
  Play,
  Preference,
  Reaction,
} from '../../schemas/events.ts'
import type { PseudonymOf, Pseudonyms } from '../../schemas/pseudonym.ts'
import { knownSource } from '../../schemas/source.ts'
import { isText } from '../../schemas/text.ts'
import { type AllowList, rulesFor } from './allow-list.ts'
import { networkOf } from './network-of.ts'
import { utcOffsetMinutes } from './utc-offset.ts'

const PLATFORMS = new Set(['android', 'ios', 'web', 'desktop', 'tv', 'speaker', 'car', 'console', 'import'])

const countryOrNull = (country: string | null) => (country !== null && isCountry(country) ? country : null)

/** ISO 3166-2 begins with the country of 3166-1. */
const countryOfLocation = (location: string | null) =>
  countryOrNull(/^([A-Z]{2})(-[A-Z0-9]{1,3})?$/.exec(location ?? '')?.[1] ?? null)

const ofPlay = rulesFor<PlayV1, CleanPlay>()

const playV1: AllowList<PlayV1, CleanPlay> = {
  eventId: ofPlay.keep('eventId', ({ eventId }) => eventId.toLowerCase()),
  userId: ofPlay.pseudonymise('listener', ({ userId }, { listener }) => listener(userId)),
  trackId: ofPlay.keep('trackId'),
  trackName: ofPlay.keep('trackName'),
  artistId: ofPlay.keep('artistId'),
  artistName: ofPlay.keep('artistName'),
  playedAt: ofPlay.keep('playedAt'),
  msPlayed: ofPlay.keep('msPlayed'),
  platform: ofPlay.generalise('platform', ({ platform }) => (PLATFORMS.has(platform) ? platform : 'other')),
  ip: ofPlay.generalise('network', ({ ip }) => (ip === null ? null : networkOf(ip))),
  country: ofPlay.generalise('country', ({ country }) => countryOrNull(country)),
  source: ofPlay.generalise('source', ({ source }) => knownSource(source)),
}

/** Of what a play need not tell: an id that is none, empty or endless, is not told. */
const pseudonymOrNull = (pseudonymOf: PseudonymOf, id: string | null) =>
  id !== null && isText(id) ? pseudonymOf(id) : null

const ofContext = rulesFor<Pick<PlayV2, 'context'>, CleanPlay>()

/** What a playlist is called its owner has written, and whose it is its id would tell. */
const context = {
  'context.kind': ofContext.generalise('contextKind', ({ context }) => context?.kind ?? null),
  /** An album's is kept: it is of the catalogue, as a track's. */
  'context.id': {
    rule: 'keep' as const,
    makes: 'contextId' as const,
    by: ({ context }: Pick<PlayV2, 'context'>, names: Pseudonyms) => {
      if (context?.kind === 'album') return isText(context.id) ? context.id : null
      return pseudonymOrNull(names.context, context?.id ?? null)
    },
  },
  'context.name': ofContext.drop,
}

const playV2: AllowList<PlayV2, CleanPlay> = {
  ...playV1,
  ...context,
  session: rulesFor<PlayV2, CleanPlay>().pseudonymise('session', ({ session }, names) =>
    pseudonymOrNull(names.session, session),
  ),
}

const ofPlayV3 = rulesFor<Play, CleanPlay>()

const playV3: AllowList<Play, CleanPlay> = {
  ...playV1,
  ...context,
  sessionId: ofPlayV3.pseudonymise('session', ({ sessionId }, names) =>
    pseudonymOrNull(names.session, sessionId),
  ),
  country: ofPlayV3.generalise(
    'country',
    ({ country, location }) => countryOrNull(country) ?? countryOfLocation(location),
  ),
  location: ofPlayV3.generalise('country'),
  skipReason: ofPlayV3.keep('skipReason'),
  timeZone: ofPlayV3.generalise('utcOffsetMinutes', ({ timeZone, playedAt }) =>
    timeZone === null ? null : utcOffsetMinutes(timeZone, playedAt),
  ),
}

const ofReaction = rulesFor<ReactionV1, CleanReaction>()

const reactionV1: AllowList<ReactionV1, CleanReaction> = {
  eventId: ofReaction.keep('eventId', ({ eventId }) => eventId.toLowerCase()),
  userId: ofReaction.pseudonymise('listener', ({ userId }, { listener }) => listener(userId)),
  artistId: ofReaction.keep('artistId'),
  trackId: ofReaction.keep('trackId'),
  kind: ofReaction.keep('kind'),
  reactedAt: ofReaction.keep('reactedAt'),
  source: ofReaction.generalise('source', ({ source }) => knownSource(source)),
}

const ofReactionV2 = rulesFor<Reaction, CleanReaction>()

const reactionV2: AllowList<Reaction, CleanReaction> = {
  ...reactionV1,
  sessionId: ofReactionV2.pseudonymise('session', ({ sessionId }, names) =>
    pseudonymOrNull(names.session, sessionId),
  ),
  comment: ofReactionV2.drop,
}

const ofPreference = rulesFor<Preference, CleanPreference>()

/** Of name and value `validatePreference` lets known ones through alone. */
const preferenceV1: AllowList<Preference, CleanPreference> = {
  eventId: ofPreference.keep('eventId', ({ eventId }) => eventId.toLowerCase()),
  userId: ofPreference.pseudonymise('listener', ({ userId }, { listener }) => listener(userId)),
  name: ofPreference.keep('name'),
  value: ofPreference.keep('value'),
  changedAt: ofPreference.keep('changedAt'),
  source: ofPreference.generalise('source', ({ source }) => knownSource(source)),
}

/** What of each version of an event gets through the door, field by field. */
export const allowLists = {
  'play.v1': playV1,
  'play.v2': playV2,
  'play.v3': playV3,
  'reaction.v1': reactionV1,
  'reaction.v2': reactionV2,
  'preference.v1': preferenceV1,
} as const
