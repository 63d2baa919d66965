import type { Logger } from 'pino'
import {
  type RunningTopology,
  type Topology,
  describe,
  hours,
  runTopology,
  type topologyMetrics,
} from '../pipelines/engine/index.ts'
import type { StandIn } from '../pipelines/engine/kafka/input-names.ts'
import { versioned } from '../pipelines/engine/versioned.ts'
import type { ServedModel } from '../pipelines/model/listener/recommend.ts'
import { noRules, readRules } from '../pipelines/model/listener/rules.ts'
import { type TopologyOptions, topologies } from '../pipelines/topologies/index.ts'
import type { Pseudonyms } from '../schemas/pseudonym.ts'
import { topics } from '../schemas/topics.ts'
import { openCodec } from './codec.ts'
import type { Config } from './config.ts'
import { connectKafka } from './kafka.ts'
import { type KeyFlags, readKeys } from './keys.ts'
import { readPseudonyms } from './privacy/read-pseudonyms.ts'
import { type TopologyVersion, historyTopicOf } from './versions/versions.ts'

/** What topologies of a process share. */
export interface TopologySurroundings {
  config: Config
  keys: TopologyKeys
  served: ServedModel
  metrics: ReturnType<typeof topologyMetrics>
  crash(error: unknown): void
  log: Logger
  /** See {@link runTopology}. */
  standIns?: ReadonlyMap<string, StandIn>
}

export interface TopologyKeys {
  deadLetter: Buffer
  /** @throws ConfigError without keys for them. */
  pseudonyms(): Pseudonyms
  /** Of the pseudonyms that these topologies make; undefined: they make none. */
  epoch: number | undefined
}

/** The keys of these topologies; what is missing of them is told at once. */
export async function keysOf(chosen: readonly string[], flags: KeyFlags): Promise<TopologyKeys> {
  if (chosen.includes('anonymise')) {
    const { keys, pseudonyms, epoch } = await readPseudonyms(flags, ['DEAD_LETTER_KEY'])
    return { deadLetter: keys.DEAD_LETTER_KEY, pseudonyms: () => pseudonyms, epoch }
  }
  const { DEAD_LETTER_KEY } = readKeys(['DEAD_LETTER_KEY'], flags)
  const [read] = await Promise.allSettled([readPseudonyms(flags)])
  return {
    deadLetter: DEAD_LETTER_KEY,
    epoch: undefined,
    // Without them only a topology that does use them is refused, so that none runs with made-up ones.
    pseudonyms() {
      if (read.status === 'rejected') throw read.reason
      return read.value.pseudonyms
    },
  }
}

/** A topology of the product in one of its versions, to be run. */
export function topologyToRun(
  { topology, version }: TopologyVersion,
  { config, keys, served }: Pick<TopologySurroundings, 'config' | 'keys' | 'served'>,
): Topology {
  const options: TopologyOptions = {
    get pseudonyms() {
      return keys.pseudonyms()
    },
    rememberMs: hours(config.DEDUPLICATION_HOURS),
    get recommendations() {
      const { RECOMMENDATION_INTERVAL_MS: everyMs, RECOMMENDATION_RULES: file } = config
      const notify = { fromScore: config.NOTIFY_FROM_SCORE, gapMs: config.NOTIFY_GAP_MS }
      return { served, everyMs, notify, rules: file === '' ? noRules : readRules(file) }
    },
  }
  return versioned(topologies[topology]!(options), version)
}

/** Runs a topology in this process, as its configuration says. */
export async function startTopology(
  topology: Topology,
  { config, keys, metrics, crash, log, standIns = new Map() }: TopologySurroundings,
): Promise<RunningTopology> {
  return runTopology({
    kafka: connectKafka(config, `continuo-${topology.name}`, log),
    topology,
    codec: await openCodec(config, log, describe(topology).topics.values()),
    topicPrefix: config.TOPIC_PREFIX,
    applicationId: config.APPLICATION_ID,
    deadLetterKey: { id: config.DEAD_LETTER_KEY_ID, bytes: keys.deadLetter },
    replicationFactor: config.REPLICATION_FACTOR,
    commitGapMs: config.COMMIT_GAP_MS,
    maxTaskIdleMs: config.MAX_TASK_IDLE_MS,
    stateDir: config.STATE_DIR,
    stateStore: config.STATE_STORE,
    guarantee: config.PROCESSING_GUARANTEE,
    deadLetterRatio: config.DEAD_LETTER_RATIO,
    deadLetterRun: config.DEAD_LETTER_RUN,
    standIns,
    formerStandIns: new Map([[historyTopicOf(topology.name), topics.playsClean.name]]),
    metrics,
    crash,
    log,
  })
}
