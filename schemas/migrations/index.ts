import type { Topic } from '../topics.ts'
import { firstTopics } from './001-first-topics.ts'

/** A topic to create. `plays` as a count means: as many partitions as the raw topic `plays`, so that rows stay together. */
export interface TopicToCreate {
  topic: Topic<unknown>
  partitions: number | 'plays'
}

/** Topic migrations, in order. One that has been released is never changed: the next one adds. */
export const topicMigrations: readonly (readonly TopicToCreate[])[] = [firstTopics]
