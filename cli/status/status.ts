import { setTimeout as delay } from 'node:timers/promises'
import { Argument, Command } from 'commander'
import type { Admin, Kafka } from 'kafkajs'
import { statusTopic } from '../../schemas/status-topic.ts'
import { commandLog } from '../command-log.ts'
import { type Config, loadConfig } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { requireServices } from '../reachable.ts'
import { topologyNames } from '../shapes.ts'
import { onStopSignals } from '../signals.ts'
import { versionsInKafka } from '../versions/versions-in-kafka.ts'
import { followReports } from './follow-reports.ts'
import { lookAt, topologyMember } from './look.ts'
import { Reports } from './report.ts'
import { draw } from './screen.ts'
import { type TopologyInKafka, situationOf } from './situation.ts'
import { statusTable } from './table.ts'
import { duration, moment } from './text.ts'

const EVERY_MS = 1_000
/** Kafka is said to be away when it has not answered for so long, ms. */
const AWAY_MS = 3_000

/** `continuo status [TOPOLOGY…]` */
export function statusCommand(): Command {
  return new Command('status')
    .addArgument(new Argument('[topology...]', 'which').choices(topologyNames).default(topologyNames, 'all'))
    .option('--once', 'print it once and end; so it is where the output is no terminal', false)
    .addHelpText('after', EXPLAINED)
    .action(status)
}

const EXPLAINED = `
A topology is divided into tasks, one for each partition of what it reads; each is run by one process of \`continuo run\`.

  is             running, catching up, restoring (reads back its state after a move), stopped (too many records would have been set
                 aside), stuck (has something to do and commits nothing), silent (its process says nothing any more), unowned (nobody says that he has it)
  lag            records in Kafka that have not been committed
  rows/s         committed, over the last seconds; a row that goes through a topic of the topology's own counts twice
  stream time    how far its windows and joins have come in the time of the events, UTC
  held back by   the task whose rows come through a topic and that has come least far, by a second or more; or a topic that is waited for
  open windows   those that have not closed, or slices of them
  process        host:pid of \`continuo run\`

Of each topology it shows the version in service, and the one that \`continuo backfill\` is making. An arrow says what is going on. Processes tell of themselves once a second, in topic ${statusTopic.name}; the same figures are
metrics, at /metrics of each. It needs Kafka alone, and no keys.`

async function status(chosen: string[], { once }: { once: boolean }): Promise<void> {
  const config = loadConfig()
  await requireServices(config, ['kafka'])
  const kafka = connectKafka(config, 'continuo-status', commandLog('status', config, 'silent'))
  const admin = kafka.admin()
  await admin.connect()
  const view = new View({ kafka, admin, config, chosen })
  try {
    await view.look()
    if (once || !process.stdout.isTTY) process.stdout.write(`${view.lines().join('\n')}\n`)
    else await refresh(view)
  } finally {
    await view.stop()
    await admin.disconnect()
  }
}

/** Draws anew each second until a signal comes, whether Kafka answers or not. */
async function refresh(view: View): Promise<void> {
  const stopped = new AbortController()
  onStopSignals(
    ['SIGINT', 'SIGTERM'],
    () => stopped.abort(),
    () => process.exit(130),
  )
  let looking: Promise<void> | undefined
  while (!stopped.signal.aborted) {
    draw(process.stdout, view.lines())
    await delay(EVERY_MS, undefined, { signal: stopped.signal }).catch(() => undefined)
    looking ??= view.look().finally(() => (looking = undefined))
    await Promise.race([looking, delay(EVERY_MS, undefined, { signal: stopped.signal })]).catch(
      () => undefined,
    )
  }
}

interface ViewOptions {
  kafka: Kafka
  admin: Admin
  config: Config
  /** Names of topologies. */
  chosen: string[]
}

/** What has been seen so far. */
class View {
  readonly #options: ViewOptions
  readonly #reports: Reports
  #following: { stop(): Promise<void> } | undefined
  #seen: TopologyInKafka[] = []
  #seenAt = Date.now()

  constructor(options: ViewOptions) {
    this.#options = options
    this.#reports = new Reports(options.config.APPLICATION_ID)
  }

  async look(): Promise<void> {
    const { kafka, admin, config, chosen } = this.#options
    const lost = () => (this.#following = undefined)
    this.#following ??= await followReports(kafka, config.TOPIC_PREFIX, this.#reports, lost)
    const versions = await versionsInKafka.read({ kafka, config })
    const shown = chosen.flatMap((topology) => {
      const making = versions.inTheMaking(topology)
      return [{ topology, version: versions.inService(topology) }, ...(making === undefined ? [] : [making])]
    })
    const members = shown.map((which) => topologyMember(which, config))
    this.#seen = await lookAt(members, admin, config)
    this.#seenAt = Date.now()
  }

  lines(): string[] {
    const { KAFKA_BROKERS, APPLICATION_ID, TOPIC_PREFIX } = this.#options.config
    const now = Date.now()
    const situations = this.#seen.map((each) => situationOf(each, this.#reports.all, now))
    const where = `${KAFKA_BROKERS.join(',')}, groups ${APPLICATION_ID}.*, topics ${TOPIC_PREFIX}*`
    const silentFor = now - this.#seenAt
    return [
      `${moment(now, now)} UTC · ${where}`,
      ...(silentFor > AWAY_MS
        ? [`→ Kafka has not answered for ${duration(silentFor)}: this is what was then`]
        : []),
      '',
      ...statusTable(situations, now),
    ]
  }

  async stop(): Promise<void> {
    await this.#following?.stop()
  }
}
