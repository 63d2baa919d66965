import { Argument, Command } from 'commander'
import {
  type RunningSink,
  putAsideInKafka,
  sinkMetrics,
  startClickhouseSink,
  startRedisSink,
} from '../sinks/index.ts'
import { openCodec } from './codec.ts'
import type { Config } from './config.ts'
import { connectKafka } from './kafka.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'
import { type Surroundings, runProcess } from './process.ts'

const names = ['clickhouse', 'redis'] as const
type SinkName = (typeof names)[number]

/** `continuo sinks [clickhouse] [redis]` */
export function sinksCommand(): Command {
  return withKeyFlags(new Command('sinks'))
    .summary('carry topics into ClickHouse and Redis; start it again, here or elsewhere, to share the work')
    .addArgument(new Argument('[sink...]', 'which').choices(names).default(names, 'both'))
    .action((chosen: SinkName[], flags: KeyFlags) => {
      const { DEAD_LETTER_KEY } = readKeys(['DEAD_LETTER_KEY'], flags)
      return runProcess('sinks', async (around) => {
        const deadLetterKey = { id: around.config.DEAD_LETTER_KEY_ID, bytes: DEAD_LETTER_KEY }
        const metrics = sinkMetrics(around.metrics)
        const running = await Promise.all(
          [...new Set(chosen)].map((name) => startSink(name, around, metrics, deadLetterKey)),
        )
        return {
          ready: () => running.every((sink) => sink.ready()),
          stop: async () => {
            await Promise.all(running.map((sink) => sink.stop()))
          },
        }
      })
    })
}

async function startSink(
  name: SinkName,
  { config, log, crash }: Surroundings,
  metrics: ReturnType<typeof sinkMetrics>,
  key: { id: string; bytes: Buffer },
): Promise<RunningSink> {
  const kafka = connectKafka(config, `continuo-${name}-sink`, log)
  const codec = await openCodec(config, log)
  const letters = await putAsideInKafka({
    kafka,
    codec,
    topicPrefix: config.TOPIC_PREFIX,
    key,
    stage: `${name}-sink`,
  })
  const options = {
    kafka,
    codec,
    topicPrefix: config.TOPIC_PREFIX,
    applicationId: config.APPLICATION_ID,
    putAside: letters.putAside,
    metrics,
    crash,
    log: log.child({ sink: name }),
  }
  const sink = await (name === 'clickhouse'
    ? startClickhouseSink({ ...options, clickhouse: clickhouse(config) })
    : startRedisSink({ ...options, redis: { redisUrl: config.REDIS_URL, keyPrefix: config.REDIS_PREFIX } }))
  return {
    ready: () => sink.ready(),
    stop: async () => {
      await sink.stop()
      await letters.close()
    },
  }
}

function clickhouse({ CLICKHOUSE_URL, CLICKHOUSE_DATABASE }: Config) {
  return { url: CLICKHOUSE_URL, database: CLICKHOUSE_DATABASE }
}
