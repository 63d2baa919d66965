import { topics } from '../../schemas/topics.ts'
import { type RunningSink, sinkGroup, sinkStage } from '../running-sink.ts'
import { ListsStore, type ListsStoreOptions } from './lists-store.ts'
import { type RedisSinkOptions, startSink } from './sink.ts'

export interface ListsSinkOptions extends RedisSinkOptions {
  redis: ListsStoreOptions
}

const SINK = 'redis-lists'

/** Keeps the newest list of each listener in Redis, and publishes it in the listener's channel. */
export const startListsSink = (options: ListsSinkOptions): Promise<RunningSink> =>
  startSink(
    {
      sink: SINK,
      stage: sinkStage(SINK),
      groupId: sinkGroup(SINK, options.applicationId),
      topic: topics.recommendations,
      topicName: topics.recommendations.name,
      isolation: 'read_committed',
      keyOf: ({ listener }) => listener,
      store: new ListsStore(options.redis),
    },
    options,
  )
