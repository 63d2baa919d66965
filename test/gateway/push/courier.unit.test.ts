import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mock, test } from 'node:test'
import fc from 'fast-check'
import type { Producer } from 'kafkajs'
import pino from 'pino'
import { Registry } from 'prom-client'
import { Courier } from '../../../gateway/push/courier.ts'
import { Devices } from '../../../gateway/push/devices.ts'
import { Ledger } from '../../../gateway/push/ledger.ts'
import { pushMetrics } from '../../../gateway/push/metrics.ts'
import { OutcomeLog } from '../../../gateway/push/outcome-log.ts'
import { NO_ANSWER, type PushAnswer } from '../../../gateway/push/provider.ts'
import { Queue } from '../../../gateway/push/queue.ts'
import { Sender } from '../../../gateway/push/sender.ts'
import { Settings } from '../../../gateway/push/settings.ts'
import { Templates } from '../../../gateway/push/templates.ts'
import type { Codec } from '../../../schemas/codec.ts'
import type { Notification, PushOutcome } from '../../../schemas/events.ts'
import { sealSubscription } from '../../../schemas/push-subscriptions.ts'
import { notification } from './push-room.ts'

const key = { id: 'k1', bytes: randomBytes(32) }
const templates = new Templates()
const DEVICES = ['one', 'two']
const ANSWER_WITHIN_MS = 45_000

class PowerCut extends Error {}

/** What a service does; `lost`: it takes the push, and its answer does not arrive. */
type Does = PushAnswer['kind'] | 'lost'

/** Kafka, a push service and a clock, which outlive the stage. `cutAt`: at which of its steps the power fails, again and again. */
function world(answers: readonly Does[], cuts: readonly number[]) {
  const kafka: PushOutcome[] = []
  const arrived: string[] = []
  const left = [...cuts]
  let [asked, steps, starts] = [0, 0, 0]
  /** Something that takes effect or does not, and whose answer may be lost. After a power cut nothing of that start goes on. */
  async function step<T>(start: number, effect: () => T): Promise<T> {
    const goOn = () => {
      if (start !== starts) return new Promise<void>(() => undefined)
      if (++steps !== left[0]) return Promise.resolve()
      left.shift()
      ;[starts, steps] = [starts + 1, 0]
      throw new PowerCut()
    }
    await goOn()
    const result = effect()
    await goOn()
    return result
  }
  return {
    kafka,
    arrived,
    /** What a start of the stage has of it. */
    start() {
      const start = starts
      return {
        producer: {
          send: ({ messages }: { messages: { value: PushOutcome }[] }) =>
            step(start, () => kafka.push(...messages.map(({ value }) => value))),
        } as unknown as Producer,
        send: (delivery: string) =>
          step(start, (): PushAnswer => {
            const kind = answers[asked++] ?? 'accepted'
            if (kind === 'accepted' || kind === 'lost') arrived.push(delivery)
            if (kind === 'lost') return { kind: 'later', status: null, reason: NO_ANSWER }
            return kind === 'accepted' || kind === 'gone'
              ? { kind, status: 201 }
              : { kind, status: 500, reason: 'busy' }
          }),
      }
    },
  }
}

/** A stage that has just been started: it knows what Kafka knows. */
function stage(within: ReturnType<typeof world>, told: Notification[]) {
  const [ledger, devices, registry] = [new Ledger(), new Devices(), new Registry()]
  for (const each of within.kafka) ledger.take(each)
  const { producer, send } = within.start()
  const byEndpoint = new Map<string, string>()
  for (const name of DEVICES) {
    const device = { endpoint: `https://push.example/${name}`, keys: { p256dh: '', auth: '' } }
    const sealed = sealSubscription(key, { listener: 'ada', device, changedAt: 0 })
    byEndpoint.set(device.endpoint, sealed.deviceId)
    const gone = within.kafka.some((each) => each.outcome === 'pruned' && each.deviceId === sealed.deviceId)
    if (!gone) devices.put(sealed)
  }
  const outcomes = new OutcomeLog({
    producer,
    topicPrefix: '',
    now: Date.now,
    onWritten: (each) => ledger.take(each),
    codec: { encode: (_: unknown, value: unknown) => value } as unknown as Codec,
  })
  const doubtful = mock.fn()
  const metrics = { ...pushMetrics(registry, () => 0), doubtful }
  const shared = { devices, metrics, settings: new Settings(), now: Date.now }
  const sender = new Sender({
    ...shared,
    templates,
    key,
    log: pino({ level: 'silent' }),
    provider: {
      send({ endpoint }, { payload }) {
        const { id } = JSON.parse(payload.toString()) as { id: string }
        return send(`${id} ${byEndpoint.get(endpoint)}`)
      },
      close: () => undefined,
    },
  })
  const courier = new Courier({
    ...shared,
    ledger,
    outcomes,
    sender,
    pushesADay: 100,
    answerWithinMs: ANSWER_WITHIN_MS,
    isPresent: () => Promise.resolve(false),
    // What Kafka tells of devices comes with the next start.
    takeBack: () => Promise.resolve(),
  })
  const ended = Promise.withResolvers<unknown>()
  const queue = new Queue({ handler: courier, concurrency: 2, now: Date.now, crash: ended.resolve })
  let open = told.length
  for (const each of told) {
    const settled = () => --open === 0 && ended.resolve(undefined)
    queue.add({ notification: each, partition: 0, others: 0, isOurs: () => true, settled })
  }
  return {
    ended: ended.promise,
    doubts: () => doubtful.mock.calls.reduce((sum, call) => sum + Number(call.arguments[0]), 0),
    /** Nothing of it goes on. */
    off: () => void queue.stop(),
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('however often the power fails and services are busy, each notification is settled, and no device gets it twice but in doubt', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_700_000_000_000 })
  const kinds = fc.constantFrom<Does>('accepted', 'later', 'refused', 'gone', 'lost')
  const run = fc.asyncProperty(
    fc.array(kinds, { maxLength: 12 }),
    fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 8 }),
    fc.integer({ min: 1, max: 3 }),
    async (answers, cuts, count) => {
      const within = world(answers, cuts)
      // Of several a newer one stands for those that wait, so each is made once the one before is claimed or alone.
      const told = Array.from({ length: count }, () => notification({ listener: 'ada' }))
      let doubts = 0
      for (let starts = 0; starts <= cuts.length; starts++) {
        const running = stage(within, told)
        const ended = { value: false as unknown }
        void running.ended.then((how) => (ended.value = how ?? true))
        for (let turns = 0; turns < 400 && ended.value === false; turns++) {
          await turn()
          t.mock.timers.tick(10_000)
        }
        running.off()
        doubts += running.doubts()
        if (ended.value === true) break
        assert.ok(ended.value instanceof PowerCut, `not settled: ${String(ended.value)}`)
      }
      const ledger = new Ledger()
      for (const each of within.kafka) ledger.take(each)
      for (const { notificationId } of told) assert.ok(ledger.isSettled(notificationId))
      const newest = told.at(-1)!.notificationId
      const dropped = within.kafka.filter(({ outcome }) => outcome === 'dropped')
      assert.ok(
        dropped.every(({ reason, notificationId }) => reason === 'no_device' || notificationId !== newest),
      )
      const accepted = within.kafka
        .filter(({ outcome }) => outcome === 'accepted')
        .map((each) => `${each.notificationId} ${each.deviceId}`)
      const arrived = new Set(within.arrived)
      assert.equal(new Set(accepted).size, accepted.length, 'accepted once')
      assert.ok(
        accepted.every((delivery) => arrived.has(delivery)),
        'what is said to have arrived has',
      )
      assert.ok(within.arrived.length - arrived.size <= doubts, 'what arrived twice was in doubt')
    },
  )
  await fc.assert(run, { numRuns: 200 })
})
