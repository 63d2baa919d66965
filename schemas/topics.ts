import { deadLetterTopic } from './dead-letter.ts'
import { artistTotalV1, cleanPlayV1, importedPlayV1, latePlayV1, playV1 } from './events.ts'
import { type Topic, topic } from './topic.ts'

/** A topic to create. `plays` as a count means: as many partitions as the raw topic `plays`, so that rows stay together. */
export interface TopicToCreate {
  topic: Topic<unknown>
  partitions: number | 'plays'
}

const hours = (n: number) => String(n * 3_600_000)
const days = (n: number) => hours(n * 24)

/**
 * Every topic. To add one: name it here in kebab-case, with the shape of its values (`events.ts`), the word for what it is
 * spread by and its broker settings; then list it in a new migration, `migrations/00N-<what>.ts`, which creates it. The tests of
 * `test/schemas` make values from the shape by themselves, and name what has been forgotten.
 */
export const topics = {
  /** Raw: the only topic that holds personal data, and not for long. The broker's clock stamps it: a step's "now". */
  plays: topic('plays', playV1, 'user', {
    'retention.ms': hours(24),
    'message.timestamp.type': 'LogAppendTime',
  }),
  /** Keyed by pseudonym, with the partition numbers of `plays`. */
  playsClean: topic('plays-clean', cleanPlayV1, 'user', { 'retention.ms': days(30) }),
  /** Plays whose event id had been seen. */
  duplicatePlays: topic('duplicate-plays', cleanPlayV1, 'user', { 'retention.ms': days(7) }),
  /** Repartition topic of `listening-totals`: plays once more, spread by artist. */
  playsByArtist: topic('plays-by-artist', cleanPlayV1, 'artist', { 'retention.ms': days(1) }),
  /** Every update of an open window, for screens: read uncommitted, absolute values. */
  artistTotalsLive: topic('artist-totals-live', artistTotalV1, 'artist', {
    'retention.ms': hours(6),
  }),
  /** Closed windows, once each. */
  artistTotals: topic('artist-totals', artistTotalV1, 'artist', { 'retention.ms': days(30) }),
  latePlays: topic('late-plays', latePlayV1, 'artist', { 'retention.ms': days(30) }),
  deadLetters: deadLetterTopic,
  /** The import ledger, kept for ever: the last entry of each key. */
  importedPlays: topic('imported-plays', importedPlayV1, 'listener', {
    'cleanup.policy': 'compact',
  }),
} as const
