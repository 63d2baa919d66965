import { Argument, Command } from 'commander'
import {
  type RunningSink,
  putAsideInKafka,
  sinkMetrics,
  startClickhouseSink,
  startListsSink,
  startTotalsSink,
} from '../../sinks/index.ts'
import { ensureTopics } from '../../pipelines/engine/kafka/ensure-topics.ts'
import { openCodec } from '../codec.ts'
import { clickhouseOf } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { type KeyFlags, readKeys, withKeyFlags } from '../keys.ts'
import { type Role, type Surroundings, runProcess } from '../process.ts'
import { publishStatus } from '../status/publish-status.ts'
import { versionsInKafka } from '../versions/versions-in-kafka.ts'
import { kafkaNameOf } from '../versions/versions.ts'
import { type Carried, carriedOf } from './carried.ts'
import { SINK_REPLAYS, replaysTo, sinkStages } from './stages.ts'
import { VersionSinks } from './version-sinks.ts'

const names = ['clickhouse', 'redis'] as const
type SinkName = (typeof names)[number]

/** `continuo sinks [clickhouse] [redis]` */
export function sinksCommand(): Command {
  return withKeyFlags(new Command('sinks'))
    .addArgument(new Argument('[sink...]', 'which').choices(names).default(names, 'both'))
    .addHelpText(
      'after',
      '\nIt also carries what other versions of a topology write, as soon as `continuo backfill` has made one.',
    )
    .action((chosen: SinkName[], flags: KeyFlags) => {
      const { DEAD_LETTER_KEY } = readKeys(['DEAD_LETTER_KEY'], flags)
      return runProcess('sinks', (around) => startSinks([...new Set(chosen)], around, DEAD_LETTER_KEY))
    })
}

/** What sinks of one kind are started with. */
interface SinkKind {
  /** Undefined: for what the first versions of all topologies write. */
  start(of?: { name: string; version: number; carried: Carried }): Promise<RunningSink[]>
  carries(carried: Carried): boolean
  close(): Promise<void>
}

async function startSinks(chosen: SinkName[], around: Surroundings, deadLetterKey: Buffer): Promise<Role> {
  const metrics = sinkMetrics(around.metrics)
  const kinds = await Promise.all(chosen.map((name) => kindOf(name, around, metrics, deadLetterKey)))
  const running = (await Promise.all(kinds.map((kind) => kind.start()))).flat()
  const ofVersions = new VersionSinks(async (which) => {
    const carried = carriedOf(which)
    const some = kinds.filter((kind) => kind.carries(carried))
    const of = { name: kafkaNameOf(which), version: which.version, carried }
    return (await Promise.all(some.map((kind) => kind.start(of)))).flat()
  }, around.crash)
  const { config, log, crash } = around
  const kafka = connectKafka(config, 'continuo-sinks', log)
  const following = await versionsInKafka.follow(
    { kafka, config },
    (versions) => ofVersions.follow(versions),
    crash,
  )
  const all = () => [...running, ...ofVersions.running]
  const published = publishStatus({ config, running: all, log, kafka })
  return {
    ready: () => running.every((sink) => sink.ready()) && ofVersions.ready(),
    status: () => all().map((sink) => sink.status()),
    stop: async () => {
      await following.stop()
      await Promise.all([ofVersions.stop(), ...running.map((sink) => sink.stop())])
      await Promise.all([published.stop(), ...kinds.map((kind) => kind.close())])
    },
  }
}

async function kindOf(
  name: SinkName,
  { config, log, crash }: Surroundings,
  metrics: ReturnType<typeof sinkMetrics>,
  key: Buffer,
): Promise<SinkKind> {
  const kafka = connectKafka(config, `continuo-${name}-sink`, log)
  const codec = await openCodec(config, log)
  const topicPrefix = config.TOPIC_PREFIX
  const deadLetterKey = { id: config.DEAD_LETTER_KEY_ID, bytes: key }
  const letters = await putAsideInKafka({ kafka, codec, topicPrefix, key: deadLetterKey })
  const { close } = letters
  /** How a sink sets aside, and is given back, by the name that its letters have. */
  const withLetters = async (stage: string) => {
    await ensureTopics(kafka, [replaysTo(stage, topicPrefix, SINK_REPLAYS)], config.REPLICATION_FACTOR)
    return { putAside: letters.as(stage), replays: { stage, deadLetterKey } }
  }
  const stageOf = (of?: { name: string }) =>
    of === undefined ? sinkStages[name] : `${sinkStages[name]}.${of.name}`
  const options = {
    kafka,
    codec,
    topicPrefix,
    applicationId: config.APPLICATION_ID,
    metrics,
    crash,
    log: log.child({ sink: name }),
    breaker: { deadLetterRatio: config.DEAD_LETTER_RATIO, deadLetterRun: config.DEAD_LETTER_RUN },
  }
  if (name === 'redis') {
    const redis = { redisUrl: config.REDIS_URL, keyPrefix: config.REDIS_PREFIX, k: config.K_ANONYMITY }
    return {
      start: async (of) => {
        const totals = { ...options, ...(await withLetters(stageOf(of))) }
        // Other versions of `recommendations` go to nobody's screen.
        if (of !== undefined) return [await startTotalsSink({ ...totals, of, redis })]
        const lists = { ...options, ...(await withLetters(sinkStages.lists)) }
        return Promise.all([startTotalsSink({ ...totals, redis }), startListsSink({ ...lists, redis })])
      },
      carries: ({ live }) => live,
      close,
    }
  }
  return {
    start: async (of) => {
      const sink = await startClickhouseSink({
        ...options,
        ...(await withLetters(stageOf(of))),
        clickhouse: clickhouseOf(config),
        ...(of !== undefined && { of: { name: of.name, feeds: of.carried.feeds } }),
      })
      return [sink]
    },
    carries: ({ feeds }) => feeds.length > 0,
    close,
  }
}
