import { after, before } from 'node:test'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { topicIds } from '../../../../pipelines/engine/kafka/topic-ids.ts'
import { topics } from '../../../../schemas/topics.ts'
import { clickhouseGroup } from '../../../../sinks/clickhouse/sink.ts'
import { feeds } from '../../../../sinks/clickhouse/feeds.ts'
import { insertChunk } from '../../../../sinks/clickhouse/insert.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { KafkaRoom } from '../../../pipelines/kafka-room.ts'
import { clickhouseRoom } from '../../../sinks/clickhouse/room.ts'

const feed = feeds.find(({ topic }) => topic === topics.playsClean)!

/** A room in which what the sink has done is said by hand. */
export function historyRoom() {
  const room = {} as { kafka: KafkaRoom; clickhouse: Awaited<ReturnType<typeof clickhouseRoom>> }
  before(async () => {
    room.kafka = await KafkaRoom.make({ partitions: 2 })
    room.clickhouse = await clickhouseRoom()
  })
  after(async () => {
    await room.clickhouse.close()
    await room.kafka.remove()
  })
  const live = () => room.kafka.nameOf(topics.playsClean)
  return Object.assign(room, {
    live,

    topicId: async () => (await topicIds(room.kafka.kafka, [live()])).get(live())!,

    /** Plays that the sink has inserted, the first at offset `from`. */
    async inserted(topicId: string, partition: number, from: number, plays: readonly CleanPlay[]) {
      const rows = plays.map((each, i) =>
        feed.row(
          room.kafka.codec,
          {
            topic: live(),
            partition,
            offset: BigInt(from + i),
            timestamp: 0,
            key: null,
            headers: {},
            value: room.kafka.codec.encode(topics.playsClean, each),
          },
          topicId,
        ),
      )
      const origin = { topic: live(), topicId, partition }
      const range = { from: BigInt(from), end: BigInt(from + plays.length), last: undefined }
      await insertChunk(room.clickhouse.client, feed, origin, { ...range, rows })
    },

    /** Where the sink stands in some partitions. */
    committed: (offsets: Readonly<Record<number, number>>) =>
      withAdmin(room.kafka.kafka, (admin) =>
        admin.setOffsets({
          groupId: clickhouseGroup(room.kafka.address.applicationId),
          topic: live(),
          partitions: Object.entries(offsets).map(([partition, offset]) => ({
            partition: Number(partition),
            offset: String(offset),
          })),
        }),
      ),
  })
}
