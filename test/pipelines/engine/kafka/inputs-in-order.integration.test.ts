import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { merge, topology, write } from '../../../../pipelines/engine/index.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'
import { until } from '../../../kit/until.ts'
import { KafkaRoom } from '../../kafka-room.ts'

const { playsClean, duplicatePlays, playsByArtist } = topics

const room = await KafkaRoom.make({ partitions: 1 })
after(() => room.remove())

const time = (value: CleanPlay) => value.playedAt
const merged = topology('merged', ({ read }) =>
  merge(read(playsClean, { time }), read(duplicatePlays, { time })).pipe(write(playsByArtist)),
)

const minute = (index: number) => play({ playedAt: new Date(index * 60_000).toISOString().slice(11, 19) })
const written = async (count: number) =>
  until(
    async () => {
      const values = await room.values(playsByArtist)
      return values.length >= count && values
    },
    { what: `${count} plays`, within: 30_000 },
  )

test('inputs of one sub-graph are merged by time whatever their backlog; an empty one holds nobody up', async () => {
  const backlog = Array.from({ length: 1_000 }, (_, index) => minute(index))
  await room.send(playsClean, backlog, ({ listener }) => listener)
  await room.send(duplicatePlays, [minute(400), minute(900)], ({ listener }) => listener)
  const running = await room.run(merged)

  // Nothing comes from the second input any more: a fetch has found it at its end, and nobody waits for as long as the room would let them.
  const values = await written(1_002)
  const times = values.map(({ playedAt }) => playedAt)
  assert.deepEqual(
    times,
    times.toSorted((one, two) => one - two),
  )

  await room.send(playsClean, [minute(1_100)], ({ listener }) => listener)
  await written(1_003)
  await running.stop()
})
