import { deadLetterTopic } from './dead-letter.ts'
import {
  artistTotalV2,
  artistV1,
  cleanPlayV2,
  cleanPreferenceV1,
  cleanReactionV2,
  erasureRequestV1,
  importedPlayV1,
  latePlayV1,
  notificationV1,
  playV3,
  preferenceV1,
  pushOutcomeV1,
  pushSubscriptionV1,
  reactionV2,
  recommendationClickedV2,
  recommendationShownV2,
  recommendationV1,
} from './events.ts'
import { type Topic, topic } from './topic.ts'

/** A topic to create. `plays` as a count means: as many partitions as the raw topic `plays`, so that rows stay together. */
export interface TopicToCreate {
  topic: Topic<unknown>
  partitions: number | 'plays'
}

const hours = (n: number) => String(n * 3_600_000)
const days = (n: number) => hours(n * 24)
const forEver = '-1'

/** Of topics that hold personal data, and so not for long. The broker's clock stamps them: a step's "now". */
const raw = { 'retention.ms': hours(24), 'message.timestamp.type': 'LogAppendTime' }

/**
 * Every topic. To add one: name it here in kebab-case, with the shape of its values (`events.ts`), the word for what it is
 * spread by and its broker settings; then list it in a new migration, `migrations/00N-<what>.ts`, which creates it. The tests of
 * `test/schemas` make values from the shape by themselves, and name what has been forgotten.
 */
export const topics = {
  /** Raw. Keyed by user id. */
  plays: topic('plays', playV3, 'user', raw),
  /** Keyed by pseudonym, with the partition numbers of `plays`. */
  playsClean: topic('plays-clean', cleanPlayV2, 'user', { 'retention.ms': days(30) }),
  /** Plays whose event id had been seen. */
  duplicatePlays: topic('duplicate-plays', cleanPlayV2, 'user', { 'retention.ms': days(7) }),
  /** Repartition topic of `listening-totals`: plays once more, spread by artist. */
  playsByArtist: topic('plays-by-artist', cleanPlayV2, 'artist', { 'retention.ms': days(1) }),
  /** Every update of an open window, for screens: read uncommitted, absolute values. */
  artistTotalsLive: topic('artist-totals-live', artistTotalV2, 'artist', {
    'retention.ms': hours(6),
  }),
  /** Closed windows, once each. */
  artistTotals: topic('artist-totals', artistTotalV2, 'artist', { 'retention.ms': days(30) }),
  latePlays: topic('late-plays', latePlayV1, 'artist', { 'retention.ms': days(30) }),
  deadLetters: deadLetterTopic,
  /** The import ledger, kept for ever: the last entry of each key, which is a listener and up to 500 event ids. */
  importedPlays: topic('imported-plays', importedPlayV1, 'imported play', {
    'cleanup.policy': 'compact',
  }),
  /** Raw. Keyed by user id. */
  reactions: topic('reactions', reactionV2, 'user', raw),
  /** Raw. Keyed by user id. */
  preferences: topic('preferences', preferenceV1, 'user', raw),
  /** Keyed by pseudonym, with the partition numbers of `reactions`. */
  reactionsClean: topic('reactions-clean', cleanReactionV2, 'user', { 'retention.ms': days(30) }),
  /**
   * Keyed by pseudonym, with the partition numbers of `preferences`. A setting holds until it is set anew, so all are kept; compaction
   * would keep one of each listener.
   */
  preferencesClean: topic('preferences-clean', cleanPreferenceV1, 'user', { 'retention.ms': forEver }),
  /** Reactions whose event id had been seen. */
  duplicateReactions: topic('duplicate-reactions', cleanReactionV2, 'user', { 'retention.ms': days(7) }),
  /** Settings whose event id had been seen. */
  duplicatePreferences: topic('duplicate-preferences', cleanPreferenceV1, 'user', {
    'retention.ms': days(7),
  }),
  /** Each change of what a listener is recommended: the whole list. */
  recommendations: topic('recommendations', recommendationV1, 'user', { 'retention.ms': days(30) }),
  /** What a push is to tell. */
  notifications: topic('notifications', notificationV1, 'user', { 'retention.ms': days(30) }),
  /** Keyed by pseudonym, as the gateway knows a listener. */
  recommendationsShown: topic('recommendations-shown', recommendationShownV2, 'listener', {
    'retention.ms': days(30),
  }),
  /** As `recommendations-shown`. */
  recommendationsClicked: topic('recommendations-clicked', recommendationClickedV2, 'listener', {
    'retention.ms': days(30),
  }),
  /** Keyed by pseudonym and device; what has no value any more takes no pushes any more. */
  pushSubscriptions: topic('push-subscriptions', pushSubscriptionV1, 'device', {
    'cleanup.policy': 'compact',
  }),
  /** The catalogue: what is newest of each artist. */
  artists: topic('artists', artistV1, 'artist', { 'cleanup.policy': 'compact' }),
  /** Keyed by pseudonym. */
  erasureRequests: topic('erasure-requests', erasureRequestV1, 'listener', { 'retention.ms': days(90) }),
  /** Keyed by pseudonym. Written before and after each push, so that the stage that sends them knows where it stood. */
  pushOutcomes: topic('push-outcomes', pushOutcomeV1, 'listener', { 'retention.ms': days(30) }),
} as const

/** Names of the topics that name people, each with the one where the same is without personal data. No other topic may hold any. */
export const cleanTopics: ReadonlyMap<string, Topic<unknown>> = new Map<string, Topic<unknown>>([
  [topics.plays.name, topics.playsClean],
  [topics.reactions.name, topics.reactionsClean],
  [topics.preferences.name, topics.preferencesClean],
])
