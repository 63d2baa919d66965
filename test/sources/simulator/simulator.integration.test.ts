import assert from 'node:assert/strict'
import net from 'node:net'
import { after, before, test } from 'node:test'
import { Registry } from 'prom-client'
import { DecodeError } from '../../../schemas/codec.ts'
import type { Play } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import type { Counts } from '../../../sources/simulator/index.ts'
import { startSimulator } from '../../../sources/simulator/index.ts'
import { until } from '../../kit/until.ts'
import { type KafkaRoom, kafkaRoom } from '../kafka-room.ts'

let room: KafkaRoom
before(async () => {
  room = await kafkaRoom()
})
after(() => room.remove())

/** Everything on topic `plays`, by the user's key; each test has seeds and so event ids of its own. */
async function onTopic(from: Set<string>): Promise<{ plays: Play[]; refused: number }> {
  const records = (await room.records(topics.plays)).filter(
    ({ partition, offset }) => !from.has(`${partition}:${offset}`),
  )
  await room.codec.load(records.map(({ value }) => value))
  const plays: Play[] = []
  let refused = 0
  for (const { key, value, headers } of records) {
    assert.equal(headers?.source?.toString(), 'simulator')
    try {
      const play = room.codec.decode(topics.plays, value)
      assert.equal(key?.toString(), play.userId)
      plays.push(play)
    } catch (error) {
      assert.ok(error instanceof DecodeError)
      refused++
    }
  }
  return { plays, refused }
}

const alreadyThere = async () =>
  new Set((await room.records(topics.plays)).map(({ partition, offset }) => `${partition}:${offset}`))

/** The counts are exactly what lies on the topic. */
async function assertExact(counts: Counts, from: Set<string>): Promise<Play[]> {
  const { plays, refused } = await onTopic(from)
  const { time_long_ago, time_far_ahead } = counts.malformedBy
  assert.equal(refused, counts.malformed - time_long_ago - time_far_ahead)
  assert.equal(plays.length, counts.plays + counts.duplicates + time_long_ago + time_far_ahead)
  const ids = new Set(plays.map(({ eventId }) => eventId))
  assert.equal(ids.size, counts.plays + time_long_ago + time_far_ahead)
  return plays
}

test('what it counts is what lies on the topic, to the message', async () => {
  const from = await alreadyThere()
  const metrics = new Registry()
  const startAt = Date.UTC(2026, 0, 1)
  const simulator = await startSimulator({
    ...room,
    metrics,
    playsPerSecond: 1_000,
    seed: 'exact',
    startAt,
    count: 1_500,
    disorder: { duplicates: 0.1, late: 0.05, malformed: 0.1 },
  })
  const counts = await simulator.done
  assert.equal(simulator.ready(), true)
  await simulator.stop()

  assert.equal(counts.plays, 1_500)
  assert.ok(counts.duplicates > 100 && counts.malformed > 100 && counts.late > 30)
  const plays = await assertExact(counts, from)
  const onTime = plays.filter(({ playedAt }) => playedAt > startAt - 10_000 && playedAt < startAt + 60_000)
  assert.ok(onTime.length > 1_400, 'event times begin at startAt')

  const page = await metrics.metrics()
  assert.match(page, /continuo_simulator_messages_total\{kind="play"\} 1500/)
  assert.match(
    page,
    new RegExp(`continuo_simulator_messages_total\\{kind="malformed"\\} ${counts.malformed}`),
  )
  assert.match(page, /continuo_simulator_plays_per_second 1000/)
})

test('the rate can be changed while it runs, to nothing and back', async () => {
  const from = await alreadyThere()
  const simulator = await startSimulator({ ...room, playsPerSecond: 0 })
  simulator.setRate(500)
  await until(() => simulator.counts().plays > 100, { what: 'plays after a rate of 0' })
  simulator.setRate(0)
  assert.equal(simulator.playsPerSecond, 0)
  await until(() => simulator.ready(), { what: 'the last batch' })
  assert.throws(() => simulator.setRate(-1), RangeError)
  await simulator.stop()
  await assertExact(await simulator.done, from)
})

test('without a seed no start repeats the event ids of another', async () => {
  const start = () => startSimulator({ ...room, playsPerSecond: 0 })
  const [one, two] = await Promise.all([start(), start()])
  assert.notEqual(one.seed, two.seed)
  await Promise.all([one.stop(), two.stop()])
})

test('a rate that cannot be is refused at the start', async () => {
  await assert.rejects(startSimulator({ ...room, playsPerSecond: -5 }), RangeError)
})

test('while the broker is away it waits, then goes on: no play is lost or sent twice', async () => {
  const from = await alreadyThere()
  const line = cuttableLine()
  const simulator = await startSimulator({
    ...room,
    kafka: room.kafkaThrough(line.socketFactory),
    playsPerSecond: 500,
    seed: 'outage',
    count: 2_000,
    disorder: { duplicates: 0, malformed: 0 },
  })
  for (const sent of [200, 700]) {
    await until(() => simulator.counts().plays >= sent, { what: `${sent} plays` })
    line.cut()
    const { plays } = simulator.counts()
    await until(() => line.refused() >= 3, { what: 'attempts to connect again' })
    assert.ok(simulator.counts().plays <= plays + 1_000, 'nothing is counted that was not acknowledged')
    line.mend()
  }
  const counts = await simulator.done
  await simulator.stop()
  assert.equal(counts.plays, 2_000)
  await assertExact(counts, from)
})

/** Connections to Kafka that can be cut and refused, as if the broker were away. */
function cuttableLine() {
  const open = new Set<net.Socket>()
  let isCut = false
  let refusals = 0
  return {
    socketFactory: ({ host, port, onConnect }: { host: string; port: number; onConnect: () => void }) => {
      if (isCut) refusals++
      const socket = isCut ? net.connect(1, '127.0.0.1') : net.connect(port, host, onConnect)
      open.add(socket)
      return socket
    },
    cut() {
      isCut = true
      refusals = 0
      for (const socket of open) socket.destroy(new Error('the line is cut'))
      open.clear()
    },
    mend() {
      isCut = false
    },
    refused: () => refusals,
  }
}
