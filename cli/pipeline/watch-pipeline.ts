import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { StageHealth } from '../../dashboards/server/endpoints/pipeline.ts'
import { readRanges } from '../../pipelines/engine/kafka/read-ranges.ts'
import { statusTopic } from '../../schemas/status-topic.ts'
import type { Config } from '../config.ts'
import { lookAt } from '../status/look.ts'
import { Reports } from '../status/report.ts'
import { versionsInKafka } from '../versions/versions-in-kafka.ts'
import { flows } from './flow.ts'
import { stageMembers } from './members.ts'
import { type Said, stageHealth } from './stage-health.ts'

const DEADLINE_MS = 4_000
const MINUTE_MS = 60_000
/** One a second. */
const REPORTS_A_MINUTE = 61

export interface PipelineWatch {
  /** How each stage is at this moment. @throws Error if Kafka does not answer in time */
  stages(): Promise<StageHealth[]>
  stop(): Promise<void>
}

export interface WatchOptions {
  kafka: Kafka
  log: Logger
  config: Pick<Config, 'TOPIC_PREFIX' | 'APPLICATION_ID' | 'REPLICATION_FACTOR'>
  /** Kafka is away if a look takes longer, ms. Default: 4,000. */
  deadlineMs?: number
}

/**
 * Tells how the stages of an installation are, from what Kafka has: where groups stand, and what processes have said in the status topic. Nothing is asked
 * of it until somebody wants to know, and no process is asked.
 */
export function watchPipeline(options: WatchOptions): PipelineWatch {
  const { deadlineMs = DEADLINE_MS } = options
  const stopped = new AbortController()
  let admin: Promise<Admin> | undefined
  let looking: Promise<StageHealth[]> | undefined

  async function look(): Promise<StageHealth[]> {
    admin ??= connected(options.kafka).catch((error: unknown) => {
      admin = undefined
      throw error
    })
    return lookOnce(options, await admin, stopped.signal)
  }

  return {
    async stages() {
      // One that Kafka has not answered goes on until it does, and no other is begun beside it.
      looking ??= look().finally(() => (looking = undefined))
      // Who came too late for it is told so below.
      looking.catch(() => undefined)
      const late = new AbortController()
      const deadline = delay(deadlineMs, undefined, { signal: late.signal, ref: false }).then(() => {
        throw new Error(`Kafka has not answered within ${deadlineMs} ms`)
      })
      try {
        return await Promise.race([looking, deadline])
      } catch (error) {
        options.log.warn({ err: error }, 'Kafka does not tell how the pipeline is: check KAFKA_BROKERS')
        throw error
      } finally {
        late.abort()
        deadline.catch(() => undefined)
      }
    },
    async stop() {
      stopped.abort()
      // One that still connects is left alone: it has nothing to end.
      const connecting = admin?.then((each) => each.disconnect()).catch(() => undefined)
      await Promise.race([connecting, delay(1_000, undefined, { ref: false })])
    },
  }
}

async function connected(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin()
  await admin.connect()
  return admin
}

async function lookOnce(
  { kafka, config }: Pick<WatchOptions, 'kafka' | 'config'>,
  admin: Admin,
  signal: AbortSignal,
): Promise<StageHealth[]> {
  const now = Date.now()
  const [said, versions] = await Promise.all([
    reportsOfAMinute({ kafka, config }, admin, { now, signal }),
    versionsInKafka.read({ kafka, config }),
  ])
  const members = stageMembers(versions, config)
  const seen = await lookAt(members, admin, config)
  const standing = seen.map((each) => each.standing)
  const flow = await flows({ kafka, admin, signal }, standing, now)
  return members.map((member, at) => stageHealth(member, seen[at]!, flow[at]!, said, Date.now()))
}

/** What processes have said in the last minute. Nobody has ever said anything where there is no topic. */
async function reportsOfAMinute(
  { kafka, config }: Pick<WatchOptions, 'kafka' | 'config'>,
  admin: Admin,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<Said> {
  const reports = new Reports(config.APPLICATION_ID, REPORTS_A_MINUTE)
  const topic = config.TOPIC_PREFIX + statusTopic.name
  if (!(await admin.listTopics()).includes(topic)) return { reports: [], until: now }
  const until = Date.now()
  const [[from], [end]] = await Promise.all([
    admin.fetchTopicOffsetsByTimestamp(topic, now - MINUTE_MS),
    admin.fetchTopicOffsets(topic),
  ])
  await readRanges({
    kafka,
    signal,
    ranges: [{ topic, partition: 0, from: BigInt(from!.offset), until: BigInt(end!.high) }],
    onRead(_, records) {
      for (const { value, timestamp } of records) reports.add(value, timestamp)
    },
  })
  return { reports: reports.all, until }
}
