import type { Notification, Recommendation } from '../../../schemas/events.ts'
import { type Fold, avroState } from '../../engine/index.ts'

const DAY_MS = 24 * 3_600_000
/** Nobody is told of twice within so long. */
const AGAIN_AFTER_MS = 30 * DAY_MS
/** A recommendation that nobody could be told of by then is stale. */
const GOOD_FOR_MS = DAY_MS

interface Told {
  artistId: string
  /** ms since 1970. */
  at: number
}

interface Telling {
  /** Of whom the listener has been told, the last one last. */
  told: readonly Told[]
  /** What is to be told now. */
  notification: Notification | null
}

export interface WorthTellingOptions {
  /** From which score on. */
  fromScore: number
  /** A listener is told of somebody once in so many ms at most, whatever they play. */
  gapMs: number
}

/** Only what has been told is kept: a notification is of the list that it came with. */
const told = avroState<readonly Told[]>({
  type: 'array',
  items: {
    type: 'record',
    name: 'Told',
    fields: [
      { name: 'artistId', type: 'string' },
      { name: 'at', type: 'long' },
    ],
  },
})

/**
 * Finds in each list whether there is something worth telling a listener who is not looking: an artist whom the model scores `fromScore` or
 * higher, for a reason of the listener's own, and of whom they have not been told lately.
 */
export function worthTelling({
  fromScore,
  gapMs,
}: WorthTellingOptions): Fold<Recommendation, Telling, Notification | null, []> {
  return {
    initial: () => ({ told: [], notification: null }),
    add({ told }, list) {
      const { madeAt } = list
      const remembered = told.filter(({ at }) => at > madeAt - AGAIN_AFTER_MS)
      const none = { told: remembered, notification: null }
      if (remembered.some(({ at }) => at > madeAt - gapMs)) return none
      const item = list.items.find(
        ({ artistId, reason, score }) =>
          reason !== 'popular' &&
          score >= fromScore &&
          !remembered.some((before) => before.artistId === artistId),
      )
      if (item === undefined) return none
      const { artistId, artistName, becauseArtistName, score } = item
      return {
        told: [...remembered, { artistId, at: madeAt }],
        notification: {
          notificationId: list.recommendationId,
          listener: list.listener,
          kind: 'recommendation',
          recommendationId: list.recommendationId,
          modelVersion: list.modelVersion,
          artistId,
          artistName,
          becauseArtistName,
          score,
          createdAt: madeAt,
          expiresAt: madeAt + GOOD_FOR_MS,
        },
      }
    },
    result: ({ notification }) => notification,
    codec: {
      encode: ({ told: each }) => told.encode(each),
      decode: (bytes) => ({ told: told.decode(bytes), notification: null }),
    },
  }
}
