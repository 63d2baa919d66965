import type { ChildProcess } from 'node:child_process'
import { followPartitions } from '../../../../../pipelines/engine/kafka/follow-partitions.ts'
import { until } from '../../../../kit/until.ts'
import { KafkaRoom } from '../../../kafka-room.ts'
import { startProcess } from '../../../process-of-topologies.ts'
import { type ReplayedPlay, replayTopics, replayedMinutes } from './replayed-minutes.ts'
import { CLOSING, PARTITIONS, type Wanted, unevenPlays, wantedOf } from './uneven-plays.ts'

export interface ReplayOptions {
  plays: number
  kills: number
  seed: number
  progress: (line: string) => void
}

export interface Replayed {
  wanted: Wanted
  found: Wanted
  /** Plays that were said to be late more than once, and minutes that were closed more than once. */
  doubled: number
}

const PLAYS_A_SEND = 20_000
/** Rows sent, offsets sent and committed are three steps of a transaction. */
const MOST_STEPS = 60
const DONE_WITHIN_MS = 900_000

/** Has plays lie in Kafka, then reads them by a process that is killed again and again, and tells what has come out. */
export async function replay({ plays, kills, seed, progress }: ReplayOptions): Promise<Replayed> {
  const room = await KafkaRoom.make()
  try {
    await room.add(Object.values(replayTopics), () => PARTITIONS)
    for (let partition = 0; partition < PARTITIONS; partition++) await fill(room, partition, plays, seed)
    progress(`${plays} plays lie in ${PARTITIONS} partitions`)
    const wanted = wantedOf(plays, seed)
    const outputs = new Outputs()
    await outputs.follow(room)
    await survive(room, kills, progress, () => outputs.plays >= plays)
    await outputs.end()
    return { wanted, found: outputs.found, doubled: outputs.doubled }
  } finally {
    await room.remove()
  }
}

async function fill(room: KafkaRoom, partition: number, plays: number, seed: number): Promise<void> {
  const send = (batch: ReplayedPlay[]) =>
    room.sendBytes(
      replayTopics.plays,
      batch.map((play) => ({ partition, value: room.codec.encode(replayTopics.plays, play), key: '' })),
    )
  let batch: ReplayedPlay[] = []
  for (const play of unevenPlays(partition, plays, seed)) {
    batch.push(play)
    if (batch.length < PLAYS_A_SEND) continue
    await send(batch)
    batch = []
  }
  await send(batch)
}

/** Runs the topology until it is done, in a process after another. */
async function survive(
  room: KafkaRoom,
  kills: number,
  progress: (line: string) => void,
  done: () => boolean,
): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    const dieAfter = 1 + Math.floor(Math.random() * MOST_STEPS)
    const { child } = await startProcess(room.address, dieAfter, replayedMinutes.name)
    const isOver = () => child.signalCode !== null || child.exitCode !== null || done()
    await until(isOver, { what: 'the kill, or the end', within: DONE_WITHIN_MS })
    killed(child)
    progress(`kill ${kill + 1} after ${dieAfter} steps of transactions`)
  }
  const { child } = await startProcess(room.address, 0, replayedMinutes.name)
  await until(done, { what: 'all plays in closed minutes, or late', within: DONE_WITHIN_MS }).finally(() =>
    killed(child),
  )
}

const killed = (child: ChildProcess) => child.kill('SIGKILL')

/** What a `read_committed` reader sees of minutes and late plays. */
class Outputs {
  readonly found: Wanted = { late: new Set(), minutes: new Map() }
  /** In closed minutes, or late. */
  plays = 0
  doubled = 0
  end: () => Promise<void> = () => Promise.resolve()

  async follow(room: KafkaRoom): Promise<void> {
    const { minutes, late } = replayTopics
    const topics = [minutes, late].map((topic) => room.nameOf(topic))
    const following = await followPartitions({
      kafka: room.kafka,
      partitions: topics.flatMap((topic) =>
        Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })),
      ),
      until: new Map(),
      maxWaitMs: 500,
      onRecords: async (records) => {
        await room.codec.load(records.map(({ value }) => value))
        for (const { topic, key, value } of records)
          if (topic === room.nameOf(late)) this.#late(room.codec.decode(late, value).id)
          else this.#closed(String(key), room.codec.decode(minutes, value))
      },
      crash: (error) => {
        throw error
      },
    })
    this.end = () => following.stop()
  }

  #late(id: number): void {
    if (this.found.late.has(id)) this.doubled += 1
    this.found.late.add(id)
    this.plays += 1
  }

  #closed(artist: string, { start, plays }: { start: number; plays: number }): void {
    if (artist === CLOSING) return
    const minute = `${artist} ${start}`
    if (this.found.minutes.has(minute)) this.doubled += 1
    this.found.minutes.set(minute, plays)
    this.plays += plays
  }
}
