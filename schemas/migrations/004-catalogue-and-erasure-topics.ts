import { type TopicToCreate, topics } from '../topics.ts'

/** The topic of the catalogue, and that of what is to be erased. */
export const catalogueAndErasureTopics: readonly TopicToCreate[] = [
  { topic: topics.artists, partitions: 'plays' },
  { topic: topics.erasureRequests, partitions: 'plays' },
]
