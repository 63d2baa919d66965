import { setTimeout as delay } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { type RunningTopology, topologyMetrics } from '../../pipelines/engine/index.ts'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import type { StandIn } from '../../pipelines/engine/kafka/input-names.ts'
import { groupOf } from '../../pipelines/engine/kafka/run-topology.ts'
import { clickhouseGroup } from '../../sinks/clickhouse/sink.ts'
import { topicOfVersion } from '../../pipelines/engine/versioned.ts'
import { liveTopic, redisGroup } from '../../sinks/redis/totals-sink.ts'
import { type Followed, servedModelFor } from '../model/served-model.ts'
import { modelsPlace } from '../model/versions.ts'
import { onStopSignals } from '../signals.ts'
import { startTopology, topologyToRun } from '../start-topology.ts'
import { publishStatus } from '../status/publish-status.ts'
import { kafkaNameOf, labelOf } from '../versions/versions.ts'
import type { BackfillSurroundings } from './backfill.ts'
import { Behind, type Reader } from './behind.ts'
import { Progress, type Standing } from './progress.ts'
import type { Subject } from './subject.ts'

const EVERY_MS = 1_000
/** So many looks in a row nothing may be left of what was there at the one before. */
const LOOKS_IN_A_ROW = 2

/** Runs a version in this process while it catches up, and until others run it. */
export class BackfillRun {
  readonly #subject: Subject
  readonly #around: BackfillSurroundings
  readonly #stopped = new AbortController()
  readonly #running: RunningTopology[] = []
  #served: Followed | undefined
  #published: { stop(): Promise<void> } | undefined

  constructor(subject: Subject, around: BackfillSurroundings) {
    this.#subject = subject
    this.#around = around
    onStopSignals(
      ['SIGINT', 'SIGTERM'],
      () => {
        this.#stopped.abort()
      },
      () => process.exit(130),
    )
  }

  /** Whether it has been asked to stop. */
  get stopped(): boolean {
    return this.#stopped.signal.aborted
  }

  /** Resolves when all that was there a moment ago has been processed and carried into the stores, or when it has been stopped. */
  async untilCaughtUp(): Promise<void> {
    const { own } = this.#subject
    await this.#start()
    let good = 0
    await this.#watch([...own.inputs, ...own.repartitioned], ({ records, carried, sinks }) => {
      good = sinks && records === 0 && carried === 0 ? good + 1 : 0
      return good === LOOKS_IN_A_ROW
    })
    if (!this.stopped) console.log(`${labelOf(this.#subject)} has caught up`)
  }

  /**
   * Runs it with something that stands in for an input, and does not grow. Resolves when all of that has been processed and nobody is in the
   * group any more, or when it has been stopped.
   */
  async untilThrough(input: string, standIn: StandIn): Promise<void> {
    await this.#start(new Map([[input, standIn]]))
    await this.#watch([standIn.topic], ({ records }) => records === 0)
    await this.#end()
    for (let looks = 1; !this.stopped && (await this.#members(this.#groupId)) > 0; looks++) {
      if (looks === LOOKS_IN_A_ROW) console.log(`waiting until nobody else is in the group ${this.#groupId}`)
      await this.#pause()
    }
  }

  /** Tells how it stands, each second, until that is good, or it has been stopped. `reads`: topics without prefix. */
  async #watch(reads: readonly string[], isGood: (standing: Standing) => boolean): Promise<void> {
    const { config, kafka } = this.#around
    const progress = await Progress.begin(this.#subject, this.#around)
    const behind = new Behind(kafka, [...this.#readers(reads, config.TOPIC_PREFIX)])
    for (let good = false; !good && !this.stopped;) {
      const looked = await behind.look()
      await this.#pause()
      if (looked === undefined) continue
      const sinks = await this.#hasSinks()
      const [records = 0, inTables = 0, onScreens = 0] = looked
      const carried = inTables + ((await this.#members(this.#redisGroup)) > 0 ? onScreens : 0)
      const standing = { records, carried, sinks, status: this.#running[0]?.status() }
      progress.tell(standing)
      good = isGood(standing)
    }
    await progress.end()
  }

  /**
   * Goes on until it is stopped, or, with `whenJoined`, until another process has joined its group: then that one has it all.
   */
  async untilRelieved(whenJoined: boolean): Promise<void> {
    if (!this.stopped) console.log(this.#whatNext(whenJoined))
    while (!this.stopped && !(whenJoined && (await this.#members(this.#groupId)) > 1)) await this.#pause()
    await this.#end()
  }

  #whatNext(whenJoined: boolean): string {
    const { topology } = this.#subject
    return whenJoined
      ? `it runs here until \`continuo run ${topology}\` of this release has joined it; stop the processes of the old version. Where \`continuo start\` ` +
          'runs them, that is done by stopping it and starting it again'
      : `it goes on beside until it is stopped; without --no-switch it is put in service`
  }

  async #start(standIns?: ReadonlyMap<string, StandIn>): Promise<void> {
    const { config, kafka, keys, log } = this.#around
    const crash = (error: unknown): void => {
      console.error(error instanceof Error ? `continuo: ${error.message}` : error)
      log.debug({ err: error }, 'crash')
      process.exit(1)
    }
    const model = { ...modelsPlace(kafka, config), log, crash }
    this.#served = await servedModelFor([this.#subject.topology], model)
    const running = {
      served: this.#served,
      config,
      keys,
      crash,
      log,
      metrics: topologyMetrics(new Registry()),
      ...(standIns !== undefined && { standIns }),
    }
    this.#published = publishStatus({ config, running: () => this.#running, log, kafka })
    this.#running.push(await startTopology(topologyToRun(this.#subject, running), running))
  }

  async #end(): Promise<void> {
    await Promise.all(this.#running.map((each) => each.stop()))
    this.#running.length = 0
    await this.#published?.stop()
    this.#published = undefined
    await this.#served?.stop()
    this.#served = undefined
  }

  get #groupId(): string {
    return groupOf(this.#around.config.APPLICATION_ID, kafkaNameOf(this.#subject))
  }

  get #sinkGroup(): string {
    return clickhouseGroup(this.#around.config.APPLICATION_ID, kafkaNameOf(this.#subject))
  }

  get #redisGroup(): string {
    return redisGroup(this.#around.config.APPLICATION_ID, kafkaNameOf(this.#subject))
  }

  *#readers(reads: readonly string[], prefix: string): Generator<Reader> {
    const { feeds, live } = this.#subject
    yield { groupId: this.#groupId, topics: reads.map((name) => prefix + name) }
    yield { groupId: this.#sinkGroup, topics: feeds.map(({ topic }) => prefix + topic.name) }
    if (live)
      yield {
        groupId: this.#redisGroup,
        topics: [prefix + topicOfVersion(liveTopic, this.#subject.version).name],
      }
  }

  #hasSinks = async (): Promise<boolean> => (await this.#members(this.#sinkGroup)) > 0

  #members(group: string): Promise<number> {
    return withAdmin(
      this.#around.kafka,
      async (admin) => (await admin.describeGroups([group])).groups[0]?.members.length ?? 0,
    )
  }

  #pause = (): Promise<void> =>
    delay(EVERY_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined)
}
