// Made by `npm run schemas:types`: change recommendation.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

export interface RecommendedArtist {
  artistId: string
  artistName: string
  /** Higher is better; compares within one model version */
  score: number
  /** played, liked or popular */
  reason: string
  /** Of whom the listener played or liked something; null where it is popular */
  becauseArtistId: string | null
  becauseArtistName: string | null
}

/** What a listener is recommended from now on. The whole list, so a repeated row changes nothing. */
export interface Recommendation {
  recommendationId: string
  listener: string
  modelVersion: string
  /** Of whose popular artists it may name; ISO 3166-1 alpha-2 */
  country: string | null
  /** Best first */
  items: RecommendedArtist[]
  /** Event time of what it was made for */
  madeAt: number
  /** When that reached Kafka, raw: the start of the event-to-screen latency */
  receivedAt: number
}

export const recommendationV1 = eventSchema<Recommendation>('recommendation.v1')
