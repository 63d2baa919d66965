// Made by `npm run schemas:types`: change recommendation-shown.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** A list of recommendations was on a listener's screen. */
export interface RecommendationShown {
  eventId: string
  listener: string
  recommendationId: string
  modelVersion: string
  /** In the order of the list */
  artistIds: string[]
  shownAt: number
}

export const recommendationShownV1 = eventSchema<RecommendationShown>('recommendation-shown.v1')
