import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type RecommendationsUpdate, channelKeys, channelOf, ownChannels } from '../../../schemas/channels.ts'
import type { DeadLetter } from '../../../schemas/dead-letter.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import { totalsKeys } from '../../../sinks/redis/keys.ts'
import { rebuildTotals } from '../../../sinks/redis/rebuild-totals.ts'
import { recommendation } from '../../kit/builders.ts'
import { sinksProcess } from '../../kit/role-process.ts'
import { until } from '../../kit/until.ts'
import { giveBack, mended } from '../given-back.ts'
import { sinkRoom } from '../sink-room.ts'
import { redisRoom } from './room.ts'
import { artistTotal } from './totals-model.ts'

const live = topics.artistTotalsLive
const within = 40_000

let room: Awaited<ReturnType<typeof sinkRoom>>
let redis: Awaited<ReturnType<typeof redisRoom>>
let running: Awaited<ReturnType<typeof sinksProcess>> | undefined
const applicationId = randomUUID()
before(async () => {
  room = await sinkRoom()
  redis = await redisRoom()
})
after(async () => {
  await running?.kill()
  await redis.close()
  await room.close()
})

async function start(): Promise<void> {
  running = await sinksProcess('redis', {
    ...room.env,
    REDIS_PREFIX: redis.keyPrefix,
    APPLICATION_ID: applicationId,
    K_ANONYMITY: '1',
  })
  await until(() => running!.ready(), { within, what: 'the sinks to be ready' })
}

const total = (artist: string, plays: number) => artistTotal({ artist, window: 1, plays, ms: 0 })
const unknownSchema = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff])
/** As bytes whose only mistake is the id of a schema that nobody knows. */
const unreadable = <V>(topic: Topic<V>, value: V) =>
  Buffer.concat([unknownSchema, room.codec.encode(topic, value).subarray(5)])

const lettersOf = async (stage: string) => (await room.deadLetters()).filter((each) => each.stage === stage)
const letterOf = (stage: string, count: number) =>
  until(async () => (await lettersOf(stage)).length >= count && lettersOf(stage), {
    within,
    what: `${count} letters of ${stage}`,
  })

/** Gives letters back, each under the schema that its value is of. */
async function giveBackMended<V>(stage: string, letters: DeadLetter[], topic: Topic<V>, like: V) {
  const header = room.codec.encode(topic, like).subarray(0, unknownSchema.length)
  const under = (value: Buffer) => Buffer.concat([header, value.subarray(unknownSchema.length)])
  const given = letters.map((each) => mended(room, each, under))
  assert.equal(await giveBack(room, { applicationId, stage }, given), letters.length)
}

const plays = async () =>
  Object.fromEntries(
    ((await redis.log()).at(-1)?.data.top ?? []).map((line) => [line.artistId, line.plays] as const),
  )
const playsAre = (wanted: Record<string, number>) =>
  until(
    async () => {
      const found = await plays()
      return Object.keys(wanted).every((artist) => found[artist] === wanted[artist])
    },
    { within, what: `plays to be ${JSON.stringify(wanted)}` },
  )

test('totals that could not be read are given back to the sink alone, and take the place of older ones only', async () => {
  await start()
  await room.send(live, 0, [total('a', 1), total('b', 1)])
  await room.sendRaw(live, 0, unreadable(live, total('a', 5)))
  await room.sendRaw(live, 0, unreadable(live, total('b', 5)))
  await room.send(live, 0, [total('b', 8)])
  await playsAre({ a: 1, b: 8 })
  const letters = await letterOf('redis-sink', 2)
  assert.ok(
    letters.every(({ topicId, errorCode }) => topicId !== null && errorCode === 'SINK_UNKNOWN_SCHEMA_ID'),
  )
  await giveBackMended('redis-sink', letters, live, total('a', 0))
  await playsAre({ a: 5, b: 8 })
  await running!.kill()
  await room.send(live, 0, [total('a', 6)])
  await start()
  await playsAre({ a: 6, b: 8 })
  assert.equal((await redis.log()).at(-1)?.data.totalPlays, 14)
})

test('what cannot be read still, or belongs to a topic of before, comes back or goes nowhere', async () => {
  const [first, second] = await lettersOf('redis-sink')
  const again = { ...first!, attempt: 1 }
  const stranger = { ...second!, attempt: 2, topic: 'another' }
  assert.equal(await giveBack(room, { applicationId, stage: 'redis-sink' }, [again, stranger]), 2)
  const former = { ...second!, attempt: 1, topicId: 'made-before' }
  await giveBackMended('redis-sink', [former], live, total('a', 0))
  const [, , refused, strange] = await letterOf('redis-sink', 4)
  assert.deepEqual(
    [refused!, strange!].map(({ id, attempt, reason }) => [id, attempt, reason]).sort(),
    [
      [first!.id, 2, 'unknown_schema_id'],
      [second!.id, 3, 'not_of_this_stage'],
    ].sort(),
  )
  assert.deepEqual(await plays(), { a: 6, b: 8 })
})

test('what Redis was given back is there again when Redis has lost everything', async () => {
  await room.send(live, 0, [total('c', 1)])
  await room.sendRaw(live, 0, unreadable(live, total('c', 5)))
  const isLost = async () =>
    (await lettersOf('redis-sink')).find(({ attempt, offset }) => attempt === 0 && offset > 5)
  const letter = await until(isLost, { within, what: 'the letter' })
  await giveBackMended('redis-sink', [letter], live, total('c', 0))
  await playsAre({ a: 6, b: 8, c: 5 })
  await redis.empty()
  await room.send(live, 0, [total('d', 1)])
  await playsAre({ a: 6, b: 8, c: 5, d: 1 })
})

test('totals that are made anew have what was given back from the first moment on', async () => {
  await rebuildTotals(
    {
      ...room.surroundings(applicationId).options,
      redis: { redisUrl: redis.redisUrl, keyPrefix: redis.keyPrefix, k: 1 },
      replays: { stage: 'redis-sink', deadLetterKey: room.key },
    },
    () => undefined,
  )
  const { plays: held } = totalsKeys(redis.keyPrefix)
  const figures = ['a', 'b', 'c', 'd'].map((artist) => redis.redis.zscore(held, artist))
  assert.deepEqual(await Promise.all(figures), ['6', '8', '5', '1'])
})

test('a list of recommendations that is given back reaches its listener, unless they have a newer one', async () => {
  const { recommendations } = topics
  const list = (listener: string, madeAt: number) => recommendation({ listener, madeAt })
  await room.send(recommendations, 0, [list('ada', 1), list('bob', 1)])
  await room.sendRaw(recommendations, 0, unreadable(recommendations, list('ada', 2)))
  await room.sendRaw(recommendations, 0, unreadable(recommendations, list('bob', 2)))
  await room.send(recommendations, 0, [list('bob', 3)])
  const newest = async (listener: string) => {
    const { log } = channelKeys(redis.keyPrefix, channelOf(ownChannels.recommendations, listener))
    const [entry] = await redis.redis.xrange(log, '-', '+')
    return entry && (JSON.parse(entry[1][1]!) as RecommendationsUpdate).madeAt
  }
  const letters = await letterOf('redis-lists-sink', 2)
  await until(async () => (await newest('bob')) === 3, { within, what: 'the newest list of bob' })
  await giveBackMended('redis-lists-sink', letters, recommendations, list('ada', 0))
  await until(async () => (await newest('ada')) === 2, { within, what: 'the list of ada' })
  assert.equal(await newest('bob'), 3)
  assert.equal(await running!.stop(), 0)
})
