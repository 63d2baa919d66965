import type { TopicToCreate } from '../topics.ts'
import { firstTopics } from './001-first-topics.ts'
import { recommendationTopics } from './002-recommendation-topics.ts'
import { pushTopics } from './003-push-topics.ts'
import { catalogueAndErasureTopics } from './004-catalogue-and-erasure-topics.ts'

/** Topic migrations, in order. One that has been released is never changed: the next one adds. */
export const topicMigrations: readonly (readonly TopicToCreate[])[] = [
  firstTopics,
  recommendationTopics,
  pushTopics,
  catalogueAndErasureTopics,
]
