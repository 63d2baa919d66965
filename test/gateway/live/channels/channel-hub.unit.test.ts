import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as macrotask } from 'node:timers/promises'
import fc from 'fast-check'
import {
  ChannelHub,
  ChannelLost,
  type Joined,
  type Subscriber,
} from '../../../../gateway/live/channels/channel-hub.ts'
import type { Position, Publication } from '../../../../gateway/live/protocol/position.ts'
import type { Encoding } from '../../../../gateway/live/protocol/encoding.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'
import { protobuf } from '../../../../gateway/live/protocol/protobuf.ts'
import { SimulatedRedis } from '../../kit/simulated-redis.ts'

/** A subscriber that notes all it gets, as a client would. */
class Client implements Subscriber {
  readonly encoding = json
  /** Whatever was wrong with what it got; the hub's callers may swallow what is thrown at them. */
  readonly problems: string[] = []
  joined: Joined | undefined
  isLost = false
  refused: unknown
  left = false
  /** Data in the order in which it came, whatever the way. */
  readonly got: unknown[] = []
  /** Everything that it got, or started after. */
  position: Position | undefined

  seated(joined: Joined): void {
    if (this.joined) this.problems.push('a second reply')
    this.joined = joined
    this.position = { epoch: joined.epoch, offset: joined.offset }
    for (const publication of joined.publications) this.#take(publication)
  }

  push(frame: Buffer): void {
    if (!this.joined) this.problems.push('a push before the reply')
    if (this.isLost || this.left) this.problems.push('a push after the end')
    this.#take(JSON.parse(frame.toString()) as Publication)
  }

  lost(): void {
    if (!this.joined) this.problems.push('lost before the reply')
    this.isLost = true
  }

  #take({ offset, data }: Publication): void {
    const { epoch, offset: seen } = this.position ?? { epoch: '', offset: -1 }
    if (offset !== seen + 1) this.problems.push(`${offset} after ${seen}`)
    if (data !== `${epoch || 'e0'}/${offset}`) this.problems.push(`${String(data)} in ${epoch}`)
    this.position = { epoch, offset }
    this.got.push(data)
  }
}

function setUp() {
  const redis = new SimulatedRedis()
  let lost = 0
  let fannedOut = 0
  const hub = new ChannelHub('c', {
    log: redis,
    encode: (_, said) => Buffer.from(JSON.stringify('pub' in said ? said.pub : said)),
    onFanOut: () => fannedOut++,
    onLost: () => lost++,
  })
  const clients: Client[] = []
  const arrive = (message = redis.arriving()) => {
    if (message) hub.receive(message)
  }
  return {
    redis,
    hub,
    clients,
    arrive,
    lost: () => lost,
    fannedOut: () => fannedOut,
    join(since?: Position): Client {
      const client = new Client()
      clients.push(client)
      hub
        .join(client, since, (joined) => client.seated(joined))
        .catch((error: unknown) => {
          client.refused = error
        })
      return client
    },
    /** Lets everything arrive and be answered, and has the hub look once more. */
    async settle() {
      for (const look of [() => Promise.resolve(), () => hub.catchUp()]) {
        look().catch(() => undefined)
        await macrotask()
        while (!redis.idle) {
          arrive()
          redis.answer()
          await macrotask()
        }
      }
    },
  }
}

type Step =
  | { do: 'publish'; heard: boolean }
  | { do: 'arrive' | 'repeat' | 'answer' | 'breathe' | 'check' | 'begin anew' | 'leave' }
  | { do: 'trim'; to: number }
  | { do: 'join'; back: number | undefined }

const always = (name: 'arrive' | 'repeat' | 'answer' | 'breathe' | 'check' | 'begin anew' | 'leave') =>
  fc.constant<Step>({ do: name })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.boolean().map((heard): Step => ({ do: 'publish', heard })) },
  { weight: 6, arbitrary: always('arrive') },
  { weight: 6, arbitrary: always('answer') },
  { weight: 4, arbitrary: always('breathe') },
  { weight: 1, arbitrary: always('repeat') },
  { weight: 1, arbitrary: always('check') },
  { weight: 1, arbitrary: always('leave') },
  {
    weight: 3,
    arbitrary: fc.option(fc.nat(6), { nil: undefined }).map((back): Step => ({ do: 'join', back })),
  },
)
const upset: fc.Arbitrary<Step> = fc.oneof(
  always('begin anew'),
  fc.nat(3).map((to): Step => ({ do: 'trim', to })),
)

async function play(steps: Step[], mostRead = Infinity) {
  const scene = setUp()
  const { redis, hub, clients } = scene
  redis.mostRead = mostRead
  for (const [index, each] of steps.entries()) {
    if (each.do === 'publish') redis.publish(each)
    else if (each.do === 'arrive') scene.arrive()
    else if (each.do === 'repeat') scene.arrive(redis.repeated())
    else if (each.do === 'answer') redis.answer()
    else if (each.do === 'breathe') await macrotask()
    else if (each.do === 'check') hub.catchUp().catch(() => undefined)
    else if (each.do === 'trim') redis.trimTo(each.to)
    else if (each.do === 'begin anew') redis.beginAnew(`e${index + 1}`)
    else if (each.do === 'join') {
      const { epoch, offset } = redis.position
      scene.join(each.back === undefined ? undefined : { epoch, offset: Math.max(0, offset - each.back) })
    } else {
      const client = clients.find(({ joined, left }) => joined && !left)
      if (client) {
        hub.leave(client)
        client.left = true
      }
    }
  }
  await scene.settle()
  return scene
}

test('whatever Pub/Sub loses, repeats or delays: every subscriber hears all of it once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
      const { redis, clients } = await play([{ do: 'publish', heard: true }, ...steps])
      for (const client of clients) {
        assert.deepEqual(client.problems, [])
        assert.equal(client.refused, undefined)
        assert.ok(client.joined)
        assert.notEqual(client.joined.recovered, false, 'nothing was trimmed')
        if (!client.left) assert.deepEqual(client.position, redis.position)
      }
    }),
    { numRuns: 500 },
  )
})

test('streams that begin anew, logs that are cut, and little that one read brings: all of it, or the subscriber is told', async () => {
  const steps = fc.array(fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: upset }), {
    maxLength: 80,
    size: 'max',
  })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 5 }), async (played, mostRead) => {
      const { redis, clients, lost, hub } = await play(played, mostRead)
      for (const client of clients) {
        assert.deepEqual(client.problems, [])
        const ended = client.left || client.isLost || client.refused instanceof ChannelLost
        if (!ended) assert.deepEqual(client.position, redis.position)
      }
      if (lost() > 0) assert.equal(hub.subscribers, 0)
      assert.ok(lost() <= 1)
    }),
    { numRuns: 500 },
  )
})

test('one publication is encoded and fanned out once, however many subscribe', async () => {
  const { redis, join, arrive, settle, fannedOut } = setUp()
  redis.publish({ heard: false })
  const clients = Array.from({ length: 50 }, () => join())
  await settle()
  redis.publish({ heard: true })
  arrive()
  assert.equal(fannedOut(), 1)
  for (const { got } of clients) assert.deepEqual(got, ['e0/2'])
})

test('a message that shows a gap while the log is read has it read again', async () => {
  const { redis, hub, join, arrive, settle } = setUp()
  redis.publish({ heard: false })
  const client = join()
  await settle()
  hub.catchUp().catch(() => assert.fail())
  redis.answer()
  redis.publish({ heard: false })
  redis.publish({ heard: true })
  arrive()
  await macrotask()
  redis.answer()
  await macrotask()
  assert.deepEqual(client.got, ['e0/2', 'e0/3'])
})

test('what the log and Pub/Sub both bring is fanned out once', async () => {
  const { redis, hub, join, arrive, settle, fannedOut } = setUp()
  redis.publish({ heard: false })
  join()
  await settle()
  hub.catchUp().catch(() => assert.fail())
  redis.publish({ heard: true })
  redis.answer()
  arrive()
  await macrotask()
  assert.equal(fannedOut(), 1)
})

test('a subscriber whose socket closes while the others are served does not stop the round', async () => {
  const { redis, hub, join, arrive, settle } = setUp()
  redis.publish({ heard: false })
  const leaving: Subscriber = { encoding: json, push: () => hub.leave(leaving), lost: () => assert.fail() }
  hub.join(leaving, undefined, () => undefined).catch(() => assert.fail())
  const staying = join()
  await settle()
  redis.publish({ heard: true })
  arrive()
  assert.deepEqual(staying.got, ['e0/2'])
  assert.equal(hub.subscribers, 1)
})

test('who comes after the stream was lost is told to come again', async () => {
  const { redis, join, settle, hub } = setUp()
  redis.publish({ heard: false })
  join()
  await settle()
  redis.beginAnew('e9')
  redis.publish({ heard: true })
  await settle()
  const late = join()
  await settle()
  assert.ok(late.refused instanceof ChannelLost)
  assert.equal(hub.subscribers, 0)
})

test('a publication is encoded once in each encoding that a subscriber reads, and in no other', async () => {
  const redis = new SimulatedRedis()
  redis.publish({ heard: false })
  const encoded: string[] = []
  const hub = new ChannelHub('c', {
    log: redis,
    encode(_, said, { name }) {
      const text = `${'pub' in said ? said.pub.offset : 'notice'} in ${name}`
      encoded.push(text)
      return Buffer.from(text)
    },
    onFanOut: () => undefined,
    onLost: () => assert.fail('lost'),
  })
  const frames: string[] = []
  const join = async (encoding: Encoding) => {
    const subscriber: Subscriber = {
      encoding,
      push: (frame) => frames.push(`${encoding.name} got ${frame.toString()}`),
      lost: () => assert.fail('lost'),
    }
    const joined = hub.join(subscriber, undefined, () => undefined)
    redis.answer()
    await joined
  }
  await join(json)
  await join(json)
  hub.receive({ epoch: 'e0', offset: 2, data: 'x' })
  assert.deepEqual(encoded, ['2 in json'])
  await join(protobuf)
  hub.receive({ epoch: 'e0', offset: 3, data: 'y' })
  assert.deepEqual(encoded, ['2 in json', '3 in json', '3 in protobuf'])
  assert.deepEqual(frames.slice(2), [
    'json got 3 in json',
    'json got 3 in json',
    'protobuf got 3 in protobuf',
  ])
})
