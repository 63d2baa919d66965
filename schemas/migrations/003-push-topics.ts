import { type TopicToCreate, topics } from '../topics.ts'

/** Topics of devices that take pushes, and of what became of these. */
export const pushTopics: readonly TopicToCreate[] = [
  { topic: topics.pushSubscriptions, partitions: 'plays' },
  { topic: topics.pushOutcomes, partitions: 'plays' },
]
