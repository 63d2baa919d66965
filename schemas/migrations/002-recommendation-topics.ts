import { type TopicToCreate, topics } from '../topics.ts'

/** Topics of reactions, preferences, recommendations and what became of these. */
export const recommendationTopics: readonly TopicToCreate[] = [
  { topic: topics.reactions, partitions: 'plays' },
  { topic: topics.preferences, partitions: 'plays' },
  { topic: topics.reactionsClean, partitions: 'plays' },
  { topic: topics.preferencesClean, partitions: 'plays' },
  { topic: topics.duplicateReactions, partitions: 'plays' },
  { topic: topics.duplicatePreferences, partitions: 'plays' },
  { topic: topics.recommendations, partitions: 'plays' },
  { topic: topics.notifications, partitions: 'plays' },
  { topic: topics.recommendationsShown, partitions: 'plays' },
  { topic: topics.recommendationsClicked, partitions: 'plays' },
]
