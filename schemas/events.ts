import { eventSchema } from './event-schema.ts'

/** One listening of one track, raw: it names the user. Times are milliseconds since 1970, UTC. */
export interface Play {
  eventId: string
  userId: string
  trackId: string
  trackName: string
  artistId: string
  artistName: string
  playedAt: number
  msPlayed: number
  platform: string
  ip: string | null
  country: string | null
  source: string
}

/** A play without personal data: what everything behind `anonymise` reads. */
export interface CleanPlay {
  eventId: string
  /** Keyed HMAC of the user id: 22 characters of base64url. */
  listener: string
  trackId: string
  trackName: string
  artistId: string
  artistName: string
  playedAt: number
  msPlayed: number
  platform: string
  /** The /24 (IPv4) or /48 (IPv6) of the address. */
  network: string | null
  country: string | null
  source: string
  /** When the raw play reached Kafka. */
  receivedAt: number
}

/** A play that came after its window had closed. */
export interface LatePlay {
  eventId: string
  artistId: string
  playedAt: number
  msPlayed: number
  source: string
  streamTime: number
  lateByMs: number
}

/** One artist's listening in one window of event time; absolute, so a repeated row changes nothing. */
export interface ArtistTotal {
  artistId: string
  artistName: string
  windowStart: number
  /** Exclusive. */
  windowEnd: number
  plays: number
  msPlayed: number
  listeners: number
  /** When the newest play in it reached Kafka. */
  receivedAt: number
}

/** An entry of the import ledger: this play has been produced, never again. */
export interface ImportedPlay {
  importId: string
  producedAt: number
}

/** What a listener thinks of an artist, or of one track; raw: it names the user. */
export interface Reaction {
  eventId: string
  userId: string
  artistId: string
  /** Null where it is of the artist as a whole. */
  trackId: string | null
  /** See `reactions.ts`. */
  kind: string
  reactedAt: number
  source: string
}

/** A reaction without personal data. */
export interface CleanReaction {
  eventId: string
  listener: string
  artistId: string
  trackId: string | null
  kind: string
  reactedAt: number
  source: string
  /** When the raw reaction reached Kafka. */
  receivedAt: number
}

/** One setting of a listener, which holds until it is set anew; raw: it names the user. */
export interface Preference {
  eventId: string
  userId: string
  /** See `preferences.ts`, also for the forms of values. */
  name: string
  value: string
  changedAt: number
  source: string
}

/** A setting without personal data. */
export interface CleanPreference {
  eventId: string
  listener: string
  name: string
  /** In its canonical form. */
  value: string
  changedAt: number
  source: string
  /** When the raw setting reached Kafka. */
  receivedAt: number
}

/** An artist of a list of recommendations, and why. */
export interface RecommendedArtist {
  artistId: string
  artistName: string
  /** Higher is better; compares within one model version. */
  score: number
  /** `played`, `liked` or `popular`. */
  reason: string
  /** Of whom the listener played or liked something; null where it is popular. */
  becauseArtistId: string | null
  becauseArtistName: string | null
}

/** What a listener is recommended from now on; the whole list, so a repeated row changes nothing. */
export interface Recommendation {
  recommendationId: string
  listener: string
  modelVersion: string
  /** Of whose popular artists it may name. */
  country: string | null
  /** Best first. */
  items: RecommendedArtist[]
  /** Event time of what it was made for. */
  madeAt: number
  /** When that reached Kafka, raw. */
  receivedAt: number
}

/** A list of recommendations was on a listener's screen. */
export interface RecommendationShown {
  eventId: string
  listener: string
  recommendationId: string
  modelVersion: string
  /** In the order of the list. */
  artistIds: string[]
  shownAt: number
}

/** A listener chose an artist of a list of recommendations. */
export interface RecommendationClicked {
  eventId: string
  listener: string
  recommendationId: string
  modelVersion: string
  artistId: string
  /** Its place in the list; 1 is the first. */
  rank: number
  clickedAt: number
}

/** Something to tell a listener who is not looking, until it expires. */
export interface Notification {
  notificationId: string
  listener: string
  /** `recommendation`. */
  kind: string
  recommendationId: string
  modelVersion: string
  artistId: string
  artistName: string
  becauseArtistName: string | null
  score: number
  createdAt: number
  /** From then on it must not be sent any more. */
  expiresAt: number
}

/** A device that takes pushes for a listener. */
export interface PushSubscription {
  listener: string
  /** See `push-subscriptions.ts`, also for what is sealed. */
  deviceId: string
  /** `web-push`. */
  provider: string
  keyId: string
  sealed: Buffer
  changedAt: number
}

/** Something that became of a notification, or of its push to one device. */
export interface PushOutcome {
  eventId: string
  notificationId: string
  listener: string
  /** Null where it is of the notification as a whole. */
  deviceId: string | null
  /** See `push-outcomes.ts`. */
  outcome: string
  /** snake_case. */
  reason: string | null
  /** What the push service answered, as HTTP has it. */
  status: number | null
  /** How often it has been sent so far. */
  attempt: number
  at: number
}

export const playV1 = eventSchema<Play>('play.v1')
export const cleanPlayV1 = eventSchema<CleanPlay>('clean-play.v1')
export const latePlayV1 = eventSchema<LatePlay>('late-play.v1')
export const artistTotalV1 = eventSchema<ArtistTotal>('artist-total.v1')
export const importedPlayV1 = eventSchema<ImportedPlay>('imported-play.v1')
export const reactionV1 = eventSchema<Reaction>('reaction.v1')
export const cleanReactionV1 = eventSchema<CleanReaction>('clean-reaction.v1')
export const preferenceV1 = eventSchema<Preference>('preference.v1')
export const cleanPreferenceV1 = eventSchema<CleanPreference>('clean-preference.v1')
export const recommendationV1 = eventSchema<Recommendation>('recommendation.v1')
export const recommendationShownV1 = eventSchema<RecommendationShown>('recommendation-shown.v1')
export const recommendationClickedV1 = eventSchema<RecommendationClicked>('recommendation-clicked.v1')
export const notificationV1 = eventSchema<Notification>('notification.v1')
export const pushSubscriptionV1 = eventSchema<PushSubscription>('push-subscription.v1')
export const pushOutcomeV1 = eventSchema<PushOutcome>('push-outcome.v1')
