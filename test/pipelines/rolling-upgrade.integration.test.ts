import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import {
  type Fold,
  type Topic,
  type Topology,
  avroSchema,
  avroState,
  foldWindow,
  hours,
  minutes,
  route,
  topic,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import { Codec } from '../../schemas/codec.ts'
import type { Play as PlayV1 } from '../../schemas/events/play.v1.ts'
import { type Play, latePlayV1, playV1, playV2, playV3 } from '../../schemas/events.ts'
import { connectRegistry } from '../../schemas/registry.ts'
import { topics } from '../../schemas/topics.ts'
import { rawPlay } from '../kit/builders.ts'
import { services } from '../kit/services.ts'
import { closingPlays, disorderlyPlays } from './conservation.ts'
import { KafkaRoom } from './kafka-room.ts'

/** One topic, as each version of the product knows it. */
const [asV1, asV2, asV3] = [playV1, playV2, playV3].map((value) =>
  topic('rolling-plays', value as typeof playV3, 'user'),
) as [Topic<Play, 'user'>, Topic<Play, 'user'>, Topic<Play, 'user'>]

interface Total {
  user: string
  start: number
  plays: number
  skipped: number
}

const totals = topic(
  'rolling-totals',
  avroSchema<Total>('rolling-total.v1', {
    type: 'record',
    name: 'RollingTotal',
    fields: [
      { name: 'user', type: 'string' },
      ...['start', 'plays', 'skipped'].map((name) => ({ name, type: 'long' as const })),
    ],
  }),
  'user',
)
const late = topic('rolling-late', latePlayV1, 'user')

interface Counts {
  plays: number
  skipped: number
}

const plays = { name: 'plays', type: 'long' as const }
const skipped = { name: 'skipped', type: 'long' as const, default: 0 }
const stateV1 = { type: 'record' as const, name: 'Counts', fields: [plays] }
const stateV2 = { type: 'record' as const, name: 'Counts', fields: [skipped, plays] }

const counting = (codec: Fold<Play, Counts, Total>['codec']): Fold<Play, Counts, Total> => ({
  initial: () => ({ plays: 0, skipped: 0 }),
  add: ({ plays: before, skipped: skips }, { skipReason }) => ({
    plays: before + 1,
    skipped: skips + ((skipReason as string | undefined) === 'next' ? 1 : 0),
  }),
  result: (counts, user, { start }) => ({ user, start, plays: counts.plays, skipped: counts.skipped || 0 }),
  codec,
})

function version(reads: Topic<Play, 'user'>, codec: Fold<Play, Counts, Total>['codec']): Topology {
  return topology('rolling', ({ read }) =>
    read(reads, { time: ({ playedAt }) => playedAt, aheadMs: hours(1) }).pipe(
      foldWindow({
        windows: tumbling(minutes(1), { grace: hours(1) }),
        fold: counting(codec),
        late: latePlay,
        emit: 'on-close',
      }),
      route({ closed: totals, late }),
    ),
  )
}

const before = version(asV1, avroState<Counts>(stateV1))
const after = version(asV3, avroState<Counts>(stateV2, [stateV1]))

/** A producer of one version: it knows that one alone. */
async function producerOf(room: KafkaRoom, as: Topic<Play>): Promise<(sent: Play[]) => Promise<void>> {
  const { schemaRegistryUrl } = await services()
  const registry = connectRegistry(schemaRegistryUrl, pino({ level: 'silent' }))
  const codec = new Codec(registry, room.address.topicPrefix)
  await codec.register(as)
  return (sent) =>
    room.sendBytes(
      as,
      sent.map((play) => ({ key: play.userId, value: codec.encode(as, play) })),
    )
}

const ROWS = 300

class Rollout {
  readonly room: KafkaRoom
  readonly #sent: Play[] = []
  readonly #skipped: Play[] = []

  constructor(room: KafkaRoom) {
    this.room = room
  }

  /** Plays that none has sent before, those of the third version skipped. */
  async send(...versions: Topic<Play>[]): Promise<void> {
    for (const as of versions) {
      const made = disorderlyPlays(ROWS, { from: this.#sent.length }).map((play) =>
        rawPlay({ ...play, skipReason: 'next' }),
      )
      await (
        await producerOf(this.room, as)
      )(made)
      this.#sent.push(...made)
      if (as === asV3) this.#skipped.push(...made)
    }
  }

  caughtUp(): Promise<void> {
    return this.room.caughtUp('rolling', asV1)
  }

  /** Closes every window, and looks. `seen`: skips that a reader of the first version could not see. */
  async assertRight(unseen: number): Promise<void> {
    await (
      await producerOf(this.room, asV3)
    )(closingPlays())
    await this.caughtUp()
    const found = (await this.room.values(totals)).filter(({ user }) => !user.startsWith('closing'))
    const of = ({ userId, playedAt }: PlayV1) => `${userId} ${playedAt - (playedAt % minutes(1))}`
    const wanted = Map.groupBy(this.#sent, of)
    assert.deepEqual(
      found.map(({ user, start, plays: count }) => [`${user} ${start}`, count]).sort(),
      [...wanted].map(([window, rows]) => [window, rows.length]).sort(),
    )
    const skips = found.reduce((sum, each) => sum + each.skipped, 0)
    assert.equal(skips, this.#skipped.length - unseen)
    assert.deepEqual(await this.room.values(topics.deadLetters), [])
    assert.deepEqual(await this.room.values(late), [])
  }
}

async function rollout(t: { after(work: () => Promise<void>): void }): Promise<Rollout> {
  const room = await KafkaRoom.make()
  t.after(() => room.remove())
  await room.add([asV1, totals, late], () => 2)
  return new Rollout(room)
}

/*
 *     producers   1 ──────────┆─ 1 2 3 1 ──▶
 *     consumer    1 ──────────┆─ 3 ────────▶      with the state of the first
 */
test('consumers first: the new one reads what old and new producers write, with the state of the old one', async (t) => {
  const roll = await rollout(t)
  const old = await roll.room.run(before)
  await roll.send(asV1)
  await roll.caughtUp()
  await old.stop()
  await roll.room.run(after)
  await roll.send(asV1, asV2, asV3, asV1)
  await roll.assertRight(0)
})

/*
 *     producers   1 ── 2 ── 3 ── 1 ─┆─ 3 ─▶
 *     consumer    1 ────────────────┆─ 3 ─▶
 */
test('producers first: the old consumer reads what it knows of the new, and the new one goes on from there', async (t) => {
  const roll = await rollout(t)
  const old = await roll.room.run(before)
  await roll.send(asV1, asV2, asV3, asV1)
  await roll.caughtUp()
  await old.stop()
  await roll.room.run(after)
  await roll.send(asV3)
  await roll.assertRight(ROWS)
})
