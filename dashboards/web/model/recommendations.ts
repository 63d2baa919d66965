import type { RecommendationsUpdate } from '../../../schemas/channels.ts'
import { fieldsOf, isListOf } from './shape.ts'

/** Whether a publication has the shape this page knows; a page left open may outlive a change of it. */
export function isRecommendationsUpdate(data: unknown): data is RecommendationsUpdate {
  const { recommendationId, modelVersion, items, madeAt, receivedAt } = fieldsOf(data)
  return (
    typeof recommendationId === 'string' &&
    typeof modelVersion === 'string' &&
    isListOf(items, isRecommendedArtist) &&
    Number.isFinite(madeAt) &&
    Number.isFinite(receivedAt)
  )
}

function isRecommendedArtist(value: unknown): boolean {
  const { artistId, artistName, score, reason, becauseArtistId, becauseArtistName } = fieldsOf(value)
  return (
    [artistId, artistName, reason].every((text) => typeof text === 'string') &&
    [becauseArtistId, becauseArtistName].every((text) => text === null || typeof text === 'string') &&
    Number.isFinite(score)
  )
}
