import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { sinksProcess } from '../../kit/role-process.ts'
import { clickhouseRoom } from './room.ts'

let room: Awaited<ReturnType<typeof sinkRoom>>
let clickhouse: Awaited<ReturnType<typeof clickhouseRoom>>
const running: Awaited<ReturnType<typeof sinksProcess>>[] = []
before(async () => {
  room = await sinkRoom()
  clickhouse = await clickhouseRoom()
})
after(async () => {
  for (const sink of running) await sink.kill()
  await clickhouse.close()
  await room.close()
})

/** Rows of the partition that has the fewest. */
async function fewest(): Promise<number> {
  const counts = await clickhouse.rows<{ n: number }>(
    'SELECT count() AS n FROM plays GROUP BY kafka_partition',
  )
  return counts.length < 2 ? 0 : Math.min(...counts.map(({ n }) => n))
}

test('a process that was frozen while others took its partitions doubles nothing when it wakes', async () => {
  const env = { ...room.env, CLICKHOUSE_DATABASE: clickhouse.database, APPLICATION_ID: randomUUID() }
  const sent: CleanPlay[] = []
  const send = async () => {
    for (const partition of [0, 1]) {
      const some = Array.from({ length: 10 }, () => play())
      sent.push(...some)
      await room.send(topics.playsClean, partition, some)
    }
  }
  /** Sends until `count` more plays of each partition have landed. */
  const land = async (count: number) => {
    const enough = (await fewest()) + count
    const landed = async () => {
      await superviseAll()
      await send()
      return (await fewest()) >= enough
    }
    await until(landed, { within: 120_000, every: 50, what: `${count} more plays of each partition` })
  }
  /** Starts again what has ended, as a supervisor does. */
  const superviseAll = async () => {
    for (const i of [0, 1]) {
      if (running[i]?.ended !== false) running[i] = await sinksProcess('clickhouse', env)
    }
  }
  await land(50)
  for (const i of [0, 1]) {
    const sink = running[i]!
    // Killed and frozen look alike to the group: it gives the partitions to the other one.
    sink.freeze()
    await land(100)
    sink.thaw()
    await land(50)
  }
  const all = async () => (await clickhouse.count('plays')) >= sent.length
  await until(all, { within: 30_000, what: 'all rows' })
  const found = await clickhouse.rows<{ event_id: string }>('SELECT event_id FROM plays ORDER BY event_id')
  assert.deepEqual(
    found.map(({ event_id }) => event_id),
    sent.map(({ eventId }) => eventId).sort(),
  )
})
