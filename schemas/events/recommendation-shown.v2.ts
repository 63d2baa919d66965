// Made by `npm run schemas:types`: change recommendation-shown.v2.avsc instead, and once it has shipped add a version.
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
  /** Where */
  surface: 'unknown' | 'page' | 'notification'
}

export const recommendationShownV2 = eventSchema<RecommendationShown>('recommendation-shown.v2')
