import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { type Kafka, Partitioners } from 'kafkajs'
import type { Logger } from 'pino'
import { ensureTopics } from '../../pipelines/engine/index.ts'
import type { TopologyStatus } from '../../pipelines/engine/kafka/task-status.ts'
import { statusTopic } from '../../schemas/status-topic.ts'
import type { Config } from '../config.ts'
import type { ProcessReport } from './report.ts'

const EVERY_MS = 1_000
/** Stopping takes no longer for it. */
const FAREWELL_MS = 1_000

export interface PublishOptions {
  kafka: Kafka
  config: Pick<Config, 'TOPIC_PREFIX' | 'APPLICATION_ID' | 'REPLICATION_FACTOR'>
  /** What is told of at this moment. */
  running(): readonly { status(): TopologyStatus }[]
  log: Logger
}

/**
 * Writes once a second how the tasks of this process are, into the status topic. It holds nothing up: a process that cannot tell
 * works all the same, and says so in its log.
 */
export function publishStatus({ kafka, config, running, log }: PublishOptions): { stop(): Promise<void> } {
  const topic = config.TOPIC_PREFIX + statusTopic.name
  const name = `${hostname()}:${process.pid}`
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined
  let stopped = false

  async function send(topologies: ProcessReport['topologies']): Promise<void> {
    const report: ProcessReport = { application: config.APPLICATION_ID, process: name, topologies }
    const messages = [{ key: `${config.APPLICATION_ID} ${name}`, value: JSON.stringify(report) }]
    await producer.send({ topic, messages }).catch(giveUp)
  }

  /** While brokers are away nothing piles up: what was to be told then is old when they are back. */
  function tell(): void {
    sending ??= send(running().map((each) => each.status())).finally(() => (sending = undefined))
  }

  function giveUp(error: unknown): void {
    clearInterval(timer)
    if (!stopped)
      log.warn({ topic, error }, '`continuo status` does not see this process until it is started again')
  }

  async function begin(): Promise<void> {
    await ensureTopics(kafka, [{ ...statusTopic, topic }], config.REPLICATION_FACTOR)
    await producer.connect()
    if (!stopped) timer = setInterval(tell, EVERY_MS)
  }

  const begun = begin().catch(giveUp)
  return {
    /** Says that it has stopped, so that nobody takes it for killed; brokers that are away are not waited for. */
    async stop() {
      stopped = true
      clearInterval(timer)
      await Promise.race([begun.then(() => sending).then(() => send([])), delay(FAREWELL_MS)])
      await producer.disconnect()
    },
  }
}
