import { Registry } from 'prom-client'
import { FIRST_VERSION } from '../../pipelines/engine/versioned.ts'
import { ensureTopics } from '../../pipelines/engine/kafka/ensure-topics.ts'
import { sinkMetrics } from '../../sinks/index.ts'
import { rebuildLists } from '../../sinks/redis/rebuild-lists.ts'
import { rebuildTotals } from '../../sinks/redis/rebuild-totals.ts'
import type { TotalsSinkOptions } from '../../sinks/redis/totals-sink.ts'
import { openCodec } from '../codec.ts'
import { commandLog } from '../command-log.ts'
import { loadConfig } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { type KeyFlags, readKeys } from '../keys.ts'
import { progressBar } from '../progress-bar.ts'
import { requireServices } from '../reachable.ts'
import { topologyNames } from '../shapes.ts'
import { carriedOf } from '../sinks/carried.ts'
import { SINK_REPLAYS, replaysTo, sinkStages } from '../sinks/stages.ts'
import { versionsInKafka } from '../versions/versions-in-kafka.ts'
import { type TopologyVersion, kafkaNameOf } from '../versions/versions.ts'

/** `continuo redis rebuild` */
export async function rebuild(flags: KeyFlags): Promise<void> {
  const config = loadConfig()
  const bytes = readKeys(['DEAD_LETTER_KEY'], flags).DEAD_LETTER_KEY
  const log = commandLog('redis-rebuild', config, 'error')
  await requireServices(config, ['kafka', 'schemaRegistry', 'redis'])
  const kafka = connectKafka(config, 'continuo-redis-rebuild', log)
  const served = await servedLive({ kafka, config })
  const of = served.version === FIRST_VERSION ? undefined : { ...served, name: kafkaNameOf(served) }
  const stage = [sinkStages.redis, ...(of === undefined ? [] : [of.name])].join('.')
  await ensureTopics(kafka, [replaysTo(stage, config.TOPIC_PREFIX, SINK_REPLAYS)], config.REPLICATION_FACTOR)
  const options: TotalsSinkOptions = {
    kafka,
    codec: await openCodec(config, log),
    topicPrefix: config.TOPIC_PREFIX,
    log,
    applicationId: config.APPLICATION_ID,
    replays: { stage, deadLetterKey: { id: config.DEAD_LETTER_KEY_ID, bytes } },
    putAside: () => Promise.resolve(),
    metrics: sinkMetrics(new Registry()),
    crash: (error) => {
      throw error
    },
    redis: { redisUrl: config.REDIS_URL, keyPrefix: config.REDIS_PREFIX, k: config.K_ANONYMITY },
    ...(of !== undefined && { of }),
  }
  await withBar('Totals', (onProgress) => rebuildTotals(options, onProgress))
  console.log(`totals of ${kafkaNameOf(served)} are those of the topic`)
  const put = await withBar('Lists ', (onProgress) => rebuildLists(options, onProgress))
  console.log(put === 0 ? 'lists were those of the topic' : `${put} lists were put right`)
}

/** The version in service of what feeds screens. */
async function servedLive(place: Parameters<typeof versionsInKafka.read>[0]): Promise<TopologyVersion> {
  const versions = await versionsInKafka.read(place)
  const topology = topologyNames.find((name) => carriedOf({ topology: name, version: FIRST_VERSION }).live)!
  return { topology, version: versions.inService(topology) }
}

async function withBar<T>(
  what: string,
  work: (onProgress: (read: number, of: number) => void) => Promise<T>,
): Promise<T> {
  const bar = progressBar(`${what} [{bar}] {value}/{total} records | {eta_formatted} left`)
  bar.start(0, 0)
  try {
    return await work((read, of) => {
      bar.setTotal(of)
      bar.update(read)
    })
  } finally {
    bar.stop()
  }
}
