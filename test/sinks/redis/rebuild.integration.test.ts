import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { setImmediate as breathe } from 'node:timers/promises'
import { topics } from '../../../schemas/topics.ts'
import type { PublishedMessage, TopArtistsUpdate } from '../../../schemas/channels.ts'
import { totalsKeys } from '../../../sinks/redis/keys.ts'
import { rebuildTotals } from '../../../sinks/redis/rebuild-totals.ts'
import { startTotalsSink } from '../../../sinks/redis/totals-sink.ts'
import type { RunningSink } from '../../../sinks/running-sink.ts'
import { continuo, done } from '../../contracts/place.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { redisRoom } from './room.ts'
import { type TotalRecord, artistTotal, recompute } from './totals-model.ts'

const live = topics.artistTotalsLive
const SPAN = 60
let room: Awaited<ReturnType<typeof sinkRoom>>
let redis: Awaited<ReturnType<typeof redisRoom>>
before(async () => {
  room = await sinkRoom()
  redis = await redisRoom()
})
let running: RunningSink | undefined
beforeEach(async () => {
  await running?.stop()
  await redis.empty()
  await room.recreate(live)
})
after(async () => {
  await running?.stop()
  await redis.close()
  await room.close()
})

/** A sink at work on totals that grow, until it is told to end; whatever was sent by then. */
async function load(applicationId: string) {
  const { options, crashes } = room.surroundings(applicationId)
  const settings = { ...options, redis: { redisUrl: redis.redisUrl, keyPrefix: redis.keyPrefix, k: 1 } }
  running = await startTotalsSink(settings)
  const sent: TotalRecord[] = []
  let ended = false
  const sending = (async () => {
    for (let plays = 1; !ended; plays++) {
      for (const partition of [0, 1]) {
        const some = ['a', 'b', 'c'].map((name, at) => ({
          partition,
          artist: `${name}${partition}`,
          window: 1 + (Math.floor(plays / 20) % 50),
          plays: plays * (1 + at),
          ms: plays,
        }))
        sent.push(...some)
        await room.send(live, partition, some.map(artistTotal))
      }
      await breathe()
    }
  })()
  const newest = async () => (await redis.log()).at(-1)?.data
  await until(newest, { what: 'a first message' })
  return {
    settings,
    newest,
    crashes,
    /** Sends no more; resolves when all is as a loop makes it. */
    async settled(): Promise<void> {
      ended = true
      await sending
      await until(async () => (await differences(sent)).length === 0, {
        what: 'the figures to be those of the topic',
        within: 20_000,
      }).catch(async (error: unknown) => {
        assert.deepEqual(await differences(sent), [], String(error))
      })
      assert.deepEqual(crashes, [])
    },
  }
}

/** What Redis has otherwise than a loop over the topic. */
async function differences(sent: TotalRecord[]): Promise<string[]> {
  const { artists, minutes } = recompute(sent, SPAN)
  const { plays, ms, minutes: held } = totalsKeys(redis.keyPrefix)
  const [ranked, msOf, counts] = await Promise.all([
    redis.redis.zrevrange(plays, 0, -1, 'WITHSCORES'),
    redis.redis.hgetall(ms),
    redis.redis.hgetall(held),
  ])
  const found = [
    ...ranked.flatMap((name, at) => (at % 2 === 0 ? [`${name} ${ranked[at + 1]} ${msOf[name]}`] : [])),
    ...Object.entries(counts).map(([start, count]) => `${start} ${count}`),
    ...((await redis.log()).at(-1)?.data.top ?? []).map((each) => `top ${each.artistId} ${each.plays}`),
    ...(await redis.keysHeld()).filter((key) => key.includes(':anew')),
  ]
  const wanted = [
    ...artists.map(({ line }) => `${line.artistId} ${line.plays} ${line.msPlayed}`),
    ...minutes.map(({ start, plays: count }) => `${start} ${count}`),
    ...artists.slice(0, 10).map(({ line }) => `top ${line.artistId} ${line.plays}`),
  ]
  return [
    ...found.filter((each) => !wanted.includes(each)).map((each) => `found ${each}`),
    ...wanted.filter((each) => !found.includes(each)).map((each) => `missing ${each}`),
  ]
}

/** Positions never go back within an epoch, nor figures of an artist whose figures were right all the time, nor the plays in all. */
function goesForwards(messages: PublishedMessage[], artist: string): void {
  const of = ({ data }: PublishedMessage) => data as TopArtistsUpdate
  for (const [at, message] of messages.entries()) {
    const last = messages[at - 1]
    if (last === undefined || last.epoch !== message.epoch) continue
    assert.equal(message.offset, last.offset + 1)
    assert.ok(
      of(message).totalPlays >= of(last).totalPlays,
      `${of(last).totalPlays} plays, then ${of(message).totalPlays}`,
    )
    const [before = 0, now = 0] = [last, message].map(
      (each) => of(each).top.find(({ artistId }) => artistId === artist)?.plays,
    )
    assert.ok(now >= before, `${before} plays of ${artist}, then ${now}`)
  }
}

test('figures that were wrong come right in one step, under load, in the same epoch; nothing that was right goes back', async () => {
  const { settings, settled } = await load(randomUUID())
  const { plays, ms, minutes } = totalsKeys(redis.keyPrefix)
  await redis.redis
    .multi()
    .zincrby(plays, 1_000_000, 'a0')
    .hincrby(ms, 'b1', 5)
    .hincrby(minutes, '60000', 7)
    .exec()
  const messages = await redis.listen()
  await until(() => messages.length > 3, { what: 'wrong messages' })
  const progress: [number, number][] = []
  await rebuildTotals(settings, (read, of) => progress.push([read, of]))
  await settled()
  goesForwards(messages, 'c1')
  assert.equal(new Set(messages.map(({ epoch }) => epoch)).size, 1)
  const [read, of] = progress.at(-1)!
  assert.ok(of > 0 && read === of, `${read} of ${of}`)
  // Minutes that do not change any more were told as well.
  const told = messages.flatMap(({ data }) => (data as TopArtistsUpdate).minutes)
  const corrected = (await redis.redis.hget(minutes, '60000'))!
  assert.equal(String(told.findLast(({ start }) => start === 60_000)?.plays), corrected)
})

test('emptied amid a rebuild, Redis has all in the end', async () => {
  const { settings, settled } = await load(randomUUID())
  let emptied: Promise<void> | undefined
  await rebuildTotals(settings, (read) => {
    if (read > 0) emptied ??= redis.empty()
  })
  await emptied
  assert.ok(emptied !== undefined)
  await settled()
})

test('`continuo redis rebuild` that is killed is run again', async () => {
  const applicationId = randomUUID()
  const { settled } = await load(applicationId)
  const messages = await redis.listen()
  const { plays } = totalsKeys(redis.keyPrefix)
  await redis.redis.zincrby(plays, 1_000_000, 'a0')
  const env = {
    ...room.env,
    REDIS_PREFIX: redis.keyPrefix,
    APPLICATION_ID: applicationId,
    K_ANONYMITY: '1',
  }
  const killed = continuo(env, 'redis', 'rebuild')
  const { positions } = totalsKeys(redis.keyPrefix, 1, true)
  await until(() => redis.redis.exists(positions), {
    what: 'something to be built',
    within: 30_000,
    every: 1,
  })
  killed.child.kill('SIGKILL')
  await killed.ended
  const said = await done(continuo(env, 'redis', 'rebuild'))
  assert.match(said, /totals of listening-totals are those of the topic\nlists were those of the topic/)
  await settled()
  goesForwards(messages, 'c1')
})
