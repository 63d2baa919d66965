// Made by `npm run schemas:types`: change recommendation-clicked.v2.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** A listener chose an artist of a list of recommendations. */
export interface RecommendationClicked {
  eventId: string
  listener: string
  recommendationId: string
  modelVersion: string
  artistId: string
  /** Its place in the list; 1 is the first */
  rank: number
  clickedAt: number
  /** Where */
  surface: 'unknown' | 'page' | 'notification'
}

export const recommendationClickedV2 = eventSchema<RecommendationClicked>('recommendation-clicked.v2')
