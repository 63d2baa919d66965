import assert from 'node:assert/strict'
import type { Play } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import {
  closingPlays,
  disorderlyPlays,
  doubled,
  isClosing,
  sentCounts,
  writtenCounts,
} from './conservation.ts'
import type { KafkaRoom } from './kafka-room.ts'

export const byUser = ({ userId }: Play) => userId

/** Waits until both topologies have committed all that there is, every window closed. */
export async function settle(room: KafkaRoom): Promise<void> {
  await room.caughtUp('anonymise', topics.plays)
  await room.send(topics.plays, closingPlays(), byUser)
  await room.caughtUp('anonymise', topics.plays)
  await room.caughtUp('listening-totals', topics.playsClean)
  await room.caughtUp('listening-totals', topics.playsByArtist)
}

/** Disorderly plays, each sent once, and whether each has been counted once. The room has no others. */
export class AccountedPlays {
  readonly #room: KafkaRoom
  readonly #sent: Play[] = []

  constructor(room: KafkaRoom) {
    this.#room = room
  }

  async send(count: number): Promise<void> {
    const plays = disorderlyPlays(count, { from: this.#sent.length })
    await this.#room.send(topics.plays, plays, byUser)
    this.#sent.push(...plays)
  }

  /** Nothing is lost and nothing doubled: each play is clean once, and in one closed window or late. */
  async assertConserved(): Promise<void> {
    const [room, sent] = [this.#room, this.#sent]
    const clean = (await room.values(topics.playsClean)).filter((each) => !isClosing(each))
    assert.deepEqual(clean.map(({ eventId }) => eventId).sort(), sent.map(({ eventId }) => eventId).sort())
    assert.deepEqual(await room.values(topics.duplicatePlays), [])
    const closed = await room.values(topics.artistTotals)
    assert.deepEqual(doubled(closed), [])
    assert.deepEqual(writtenCounts({ closed, late: await room.values(topics.latePlays) }), sentCounts(sent))
  }
}
