import { type Feed, feeds, playColumns } from '../sinks/clickhouse/feeds.ts'
import { inputs } from './topics.ts'

/** What the sink makes of plays. */
export const binaryPlays = feeds.find(({ topic }) => topic === inputs.plays)!

const times = Object.entries(playColumns)
  .filter(([, { type }]) => type.startsWith('DateTime64'))
  .map(([name]) => name)

/** The same rows as JSON, a line each. */
export const jsonPlays: Feed = {
  ...binaryPlays,
  format: { name: 'JSONEachRow', head: Buffer.alloc(0), columns: binaryPlays.format.columns },
  row(codec, record, topicId) {
    const play = codec.decode(inputs.plays, record.value)
    const row: Record<string, unknown> = {}
    for (const [name, { of }] of Object.entries(playColumns)) row[name] = of(play)
    for (const name of times)
      row[name] = new Date(row[name] as number).toISOString().replace('T', ' ').slice(0, -1)
    row['kafka_topic'] = record.topic
    row['kafka_topic_id'] = topicId
    row['kafka_partition'] = record.partition
    row['kafka_offset'] = Number(record.offset)
    return Buffer.from(`${JSON.stringify(row)}\n`)
  },
}
