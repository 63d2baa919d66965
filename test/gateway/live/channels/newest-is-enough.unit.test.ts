import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as macrotask } from 'node:timers/promises'
import fc from 'fast-check'
import { ChannelHub, type Joined, type Subscriber } from '../../../../gateway/live/channels/channel-hub.ts'
import type { Position, Publication } from '../../../../gateway/live/protocol/position.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'
import { SimulatedRedis } from '../../kit/simulated-redis.ts'

/** A subscriber of a channel whose newest message says all. */
class Client implements Subscriber {
  readonly encoding = json
  readonly got: Publication[] = []
  /** What it was sent with the answer although it had it, or a newer one. */
  readonly again: Publication[] = []
  readonly since: Position | undefined
  isSeated = false
  isGone = false

  constructor(since?: Position) {
    this.since = since
  }

  seated({ epoch, publications }: Joined): void {
    this.isSeated = true
    this.got.push(...publications)
    const had = this.since?.epoch === epoch ? this.since.offset : 0
    this.again.push(...publications.filter(({ offset }) => offset <= had))
  }

  push(frame: Buffer): void {
    assert.ok(this.isSeated && !this.isGone)
    this.got.push(JSON.parse(frame.toString()) as Publication)
  }

  lost(): void {
    this.isGone = true
  }
}

const hubOver = (log: SimulatedRedis) =>
  new ChannelHub('me', {
    log,
    newestIsEnough: true,
    onFanOut: () => undefined,
    onLost: () => undefined,
    encode: (_, said) => Buffer.from(JSON.stringify('pub' in said ? said.pub : said)),
  })

const step = fc.oneof(
  { weight: 5, arbitrary: fc.boolean().map((heard) => ({ do: 'publish' as const, heard })) },
  { weight: 5, arbitrary: fc.constant({ do: 'arrive' as const }) },
  { weight: 5, arbitrary: fc.constant({ do: 'answer' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'begin anew' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), back: fc.option(fc.nat(3)) }) },
)

test('whatever Pub/Sub loses, and however little is kept: who is not told to come again has the newest, each once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const redis = new SimulatedRedis()
      const hub = hubOver(redis)
      const clients: Client[] = []
      let epochs = 0
      const join = (since: Position | undefined) => {
        const client = new Client(since)
        clients.push(client)
        hub.join(client, since, (joined) => client.seated(joined)).catch(() => (client.isGone = true))
      }
      const arrive = () => {
        const message = redis.arriving()
        if (message) hub.receive(message)
      }
      for (const each of steps) {
        if (each.do === 'publish') {
          redis.publish(each)
          redis.trimTo(1)
        } else if (each.do === 'arrive') arrive()
        else if (each.do === 'answer') redis.answer()
        else if (each.do === 'begin anew') redis.beginAnew(`e${++epochs}`)
        else {
          const { epoch, offset } = redis.position
          join(each.back === null ? undefined : { epoch, offset: Math.max(0, offset - each.back) })
        }
        await macrotask()
      }
      for (const look of [() => Promise.resolve(), () => hub.catchUp()]) {
        look().catch(() => undefined)
        await macrotask()
        while (!redis.idle) {
          arrive()
          redis.answer()
          await macrotask()
        }
      }
      const { epoch, offset } = redis.position
      for (const [index, { got, again, isSeated, isGone }] of clients.entries()) {
        assert.deepEqual(again, [])
        const offsets = got.map((publication) => publication.offset)
        assert.deepEqual(
          offsets,
          [...new Set(offsets)].sort((one, other) => one - other),
        )
        if (!isSeated || isGone || got.length === 0) continue
        assert.equal(got.at(-1)!.data, `${epoch}/${offset}`, `client ${index}`)
      }
    }),
    { numRuns: 500 },
  )
})

test('who has the newest is sent nothing, who has not gets it with the answer', async () => {
  const redis = new SimulatedRedis()
  for (let n = 0; n < 3; n++) redis.publish({ heard: false })
  redis.trimTo(1)
  const hub = hubOver(redis)
  const joined: Joined[] = []
  for (const since of [undefined, { epoch: 'e0', offset: 3 }, { epoch: 'e0', offset: 1 }]) {
    const joining = hub.join(new Client(), since, (each) => joined.push(each))
    for (let answers = 0; answers < 2; answers++) {
      await macrotask()
      redis.answer()
    }
    await joining
  }
  const newest = { offset: 3, data: 'e0/3' }
  assert.deepEqual(joined, [
    { epoch: 'e0', offset: 2, publications: [newest], recovered: undefined },
    { epoch: 'e0', offset: 3, publications: [], recovered: true },
    { epoch: 'e0', offset: 2, publications: [newest], recovered: true },
  ])
})

test('who has the newest from another node, of which this one has not heard yet, is not sent it again', async () => {
  const redis = new SimulatedRedis()
  redis.publish({ heard: false })
  const hub = hubOver(redis)
  const join = async (since?: Position) => {
    const client = new Client()
    const joining = hub.join(client, since, (joined) => client.seated(joined))
    while (!redis.idle) {
      redis.answer()
      await macrotask()
    }
    await joining
    return client
  }
  await join()
  redis.publish({ heard: true })
  const ahead = redis.arriving()!
  const moved = await join({ epoch: 'e0', offset: 2 })
  hub.receive(ahead)
  assert.deepEqual(moved.got, [])
  redis.publish({ heard: true })
  hub.receive(redis.arriving()!)
  assert.deepEqual(moved.got, [{ offset: 3, data: 'e0/3' }])
})
