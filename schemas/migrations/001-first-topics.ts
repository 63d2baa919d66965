import { type TopicToCreate, topics } from '../topics.ts'

/** Topics of the first version. */
export const firstTopics: readonly TopicToCreate[] = [
  { topic: topics.plays, partitions: 'plays' },
  { topic: topics.playsClean, partitions: 'plays' },
  { topic: topics.duplicatePlays, partitions: 'plays' },
  { topic: topics.playsByArtist, partitions: 'plays' },
  { topic: topics.artistTotalsLive, partitions: 'plays' },
  { topic: topics.artistTotals, partitions: 'plays' },
  { topic: topics.latePlays, partitions: 'plays' },
  { topic: topics.deadLetters, partitions: 1 },
  { topic: topics.importedPlays, partitions: 1 },
]
