import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Kafka, type Producer, Partitioners } from 'kafkajs'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Codec } from '../../schemas/codec.ts'
import { topics } from '../../schemas/topics.ts'
import { type Counts, Tally } from './counts.ts'
import { playRecord } from './messages.ts'
import { exposeSimulator } from './metrics.ts'
import { checkedRate } from './rate.ts'
import { type SimulatedMessage, Simulation, type SimulationOptions } from './simulation.ts'

export interface SimulatorOptions extends Omit<SimulationOptions, 'seed' | 'startAt'> {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
  log: Logger
  metrics?: Registry
  /** Default: a new one each time, as event ids come from it and a repeated one is a duplicate. */
  seed?: string
  /** Simulated time of the beginning, milliseconds since 1970. Default: now. It then runs as fast as the real one. */
  startAt?: number
  /** Stop by itself after so many plays. Default: never. */
  count?: number
  /** How long `stop` waits for Kafka to acknowledge what is on its way, in ms. Default: 5,000. */
  stopWithinMs?: number
}

export interface Simulator {
  readonly seed: string
  readonly playsPerSecond: number
  /** @throws RangeError for a rate that cannot be. */
  setRate(playsPerSecond: number): void
  /** What Kafka has acknowledged so far. */
  counts(): Counts
  /** Whether Kafka keeps up; false while a batch has waited for seconds. */
  ready(): boolean
  /** Resolves with what Kafka has acknowledged when it has ended, by `count` or `stop`; rejects if Kafka refuses for good. */
  readonly done: Promise<Counts>
  /**
   * Sends no more and waits for what is on its way, but not for a broker that is away: the last plays may then be on the topic
   * or not, and kafkajs goes on trying as long as the process lives. Rejects as `done` does; the producer is closed in any case.
   */
  stop(): Promise<void>
}

const TICK_MS = 20
/** kafkajs groups a batch by partition in quadratic time: more a call is slower, not faster. */
const MAX_BATCH = 1_000
/** After a longer stop of the broker the plays in between are left out, or they would come as one flood. */
const MAX_CATCH_UP_MS = 10_000
const STOP_WITHIN_MS = 5_000
/** A batch that has waited so long says that Kafka does not keep up. */
const READY_WITHIN_MS = 5_000
/** Being without a broker is back-pressure: the plays on hand wait, none is lost. */
const patientRetry = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 1_000_000_000 }

/** Sends simulated plays to topic `plays`, keyed by user, at the rate that is set. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  checkedRate(options.playsPerSecond)
  await options.codec.register(topics.plays)
  const producer = options.kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: patientRetry,
  })
  await producer.connect()
  const simulator = new RunningSimulator(options, producer)
  if (options.metrics !== undefined) exposeSimulator(options.metrics, simulator)
  options.log.info({ seed: simulator.seed, playsPerSecond: simulator.playsPerSecond }, 'simulating')
  return simulator
}

class RunningSimulator implements Simulator {
  readonly seed: string
  readonly done: Promise<Counts>
  readonly #options: SimulatorOptions
  readonly #producer: Producer
  readonly #simulation: Simulation
  readonly #tally = new Tally()
  readonly #stopping = new AbortController()
  /** What was acknowledged when `stop` gave up waiting for the rest. */
  readonly #abandoned = Promise.withResolvers<Counts>()
  readonly #startAt: number
  readonly #startedAt = performance.now()
  #playsLeft: number
  #sending = false
  #sendBegan = 0

  constructor(options: SimulatorOptions, producer: Producer) {
    this.#options = options
    this.#producer = producer
    this.seed = options.seed ?? randomUUID()
    this.#startAt = options.startAt ?? Date.now()
    this.#playsLeft = options.count ?? Infinity
    this.#simulation = new Simulation({ ...options, seed: this.seed, startAt: this.#startAt })
    this.done = Promise.race([this.#run(), this.#abandoned.promise])
  }

  get playsPerSecond(): number {
    return this.#simulation.playsPerSecond
  }

  setRate(playsPerSecond: number): void {
    this.#simulation.changeRate(checkedRate(playsPerSecond), this.#now())
    this.#options.log.info({ playsPerSecond }, 'rate changed')
  }

  counts(): Counts {
    return this.#tally.counts()
  }

  ready(): boolean {
    return !this.#sending || performance.now() - this.#sendBegan < READY_WITHIN_MS
  }

  async stop(): Promise<void> {
    const { stopWithinMs = STOP_WITHIN_MS, log } = this.#options
    this.#stopping.abort()
    const late = setTimeout(() => {
      log.warn('Kafka has not acknowledged the last plays: they are on the topic or not')
      this.#abandoned.resolve(this.counts())
    }, stopWithinMs)
    try {
      await this.done
    } finally {
      clearTimeout(late)
      await this.#producer.disconnect()
    }
  }

  /** Simulated time: it runs with the monotonic clock, so that setting the computer's clock does not disturb it. */
  #now(): number {
    return this.#startAt + performance.now() - this.#startedAt
  }

  async #run(): Promise<Counts> {
    const { signal } = this.#stopping
    while (!signal.aborted && this.#playsLeft > 0) {
      const now = this.#now()
      this.#catchUp(now)
      const batch = this.#due(now)
      if (batch.length > 0) await this.#send(batch)
      if (batch.length < MAX_BATCH) await pause(TICK_MS, undefined, { signal }).catch(() => undefined)
    }
    return this.counts()
  }

  #catchUp(now: number): void {
    const behind = now - this.#simulation.nextAt
    if (behind <= MAX_CATCH_UP_MS) return
    this.#options.log.warn({ leftOutMs: Math.round(behind) }, 'cannot keep the rate: plays are left out')
    this.#simulation.skipTo(now)
  }

  #due(now: number): SimulatedMessage[] {
    const batch: SimulatedMessage[] = []
    while (this.#playsLeft > 0 && batch.length < MAX_BATCH && this.#simulation.nextAt <= now) {
      batch.push(...this.#simulation.next())
      this.#playsLeft--
    }
    return batch
  }

  async #send(batch: SimulatedMessage[]): Promise<void> {
    const { codec, topicPrefix } = this.#options
    const messages = batch.map((message) => playRecord(message, codec))
    this.#sending = true
    this.#sendBegan = performance.now()
    await this.#producer.send({ topic: `${topicPrefix}${topics.plays.name}`, messages })
    this.#sending = false
    for (const message of batch) this.#tally.add(message)
  }
}
