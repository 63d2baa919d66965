import { readRanges } from '../../pipelines/engine/kafka/read-ranges.ts'
import { topicIds } from '../../pipelines/engine/kafka/topic-ids.ts'
import type { Codec } from '../../schemas/codec.ts'
import type { Recommendation } from '../../schemas/events.ts'
import type { RawRecord } from '../../pipelines/engine/raw-record.ts'
import { topics } from '../../schemas/topics.ts'
import { takeOrRefuse } from '../decode.ts'
import { type OnProgress, keptRanges, tellProgress } from './kept-ranges.ts'
import type { ListsSinkOptions } from './lists-sink.ts'
import { ListsStore } from './lists-store.ts'
import type { PartitionedRow } from './pending-rows.ts'

type Row = PartitionedRow<Recommendation>
type RebuildListsOptions = Pick<ListsSinkOptions, 'kafka' | 'codec' | 'topicPrefix' | 'redis'>

const placeOf = ({ partition, offset }: Row) => `${partition}:${offset}`

/**
 * Puts each listener's newest list in its place again where it is not there, or not as the topic has it. Older ones are passed over, so that
 * nobody is told of one: the topic is read twice. Answers how many it put there.
 */
export async function rebuildLists(options: RebuildListsOptions, onProgress: OnProgress): Promise<number> {
  const { kafka, topicPrefix, redis } = options
  const topic = topicPrefix + topics.recommendations.name
  const id = (await topicIds(kafka, [topic])).get(topic)!
  const store = new ListsStore(redis)
  await store.connect()
  try {
    const newest = new Map<string, string>()
    await eachList(options, topic, {
      take: (rows) => rows.forEach((row) => newest.set(row.value.listener, placeOf(row))),
      onProgress: (read, of) => onProgress(read, 2 * of),
    })
    let put = 0
    await eachList(options, topic, {
      async take(rows) {
        const its = rows.filter((row) => newest.get(row.value.listener) === placeOf(row))
        put += await store.mend(id, its)
      },
      onProgress: (read, of) => onProgress(of + read, 2 * of),
    })
    return put
  } finally {
    store.close()
  }
}

interface ListReader {
  take(rows: Row[]): void | Promise<void>
  onProgress: OnProgress
}

/** All lists that the topic has, a fetch at a time. */
async function eachList(
  { kafka, codec }: RebuildListsOptions,
  topic: string,
  { take, onProgress }: ListReader,
): Promise<void> {
  const ranges = await keptRanges(kafka, topic)
  const positions = new Map<number, bigint>()
  await readRanges({
    kafka,
    ranges,
    async onRead({ partition }, records, next) {
      await take(await rowsIn(codec, records))
      positions.set(partition, next)
      tellProgress(ranges, (each) => positions.get(each), onProgress)
    },
  })
}

/** Those that can be read; the others have been set aside by the sink. */
async function rowsIn(codec: Codec, records: RawRecord[]): Promise<Row[]> {
  await codec.load(records.map(({ value }) => value))
  const rows: Row[] = []
  for (const record of records) {
    const { partition, offset } = record
    const take = () => {
      rows.push({ partition, offset, value: codec.decode(topics.recommendations, record.value) })
    }
    takeOrRefuse(record, take, () => undefined)
  }
  return rows
}
