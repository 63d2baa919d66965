import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Guarantee } from '../../../../pipelines/engine/kafka/delivery.ts'
import type { StateStore } from '../../../../pipelines/engine/kafka/local-state/state-directory.ts'
import { type Stack, startStack } from '../../../../stack/index.ts'
import { topics } from '../../../../schemas/topics.ts'
import { numbers } from '../../../kit/numbers.ts'
import { until } from '../../../kit/until.ts'
import { KafkaRoom, type RoomServices } from '../../kafka-room.ts'
import { type Account, account, missingFrom } from './account.ts'
import { everyTopic } from './artist-minutes.ts'
import { PROCESSES, blows, breakOff, strike } from './blows.ts'
import { PARTITIONS, PlaySender, ROUNDS_UNDER_WAY } from './play-sender.ts'
import { Workers } from './workers.ts'

export interface StormOptions {
  /** How many processes are killed; other blows come on top. */
  kills: number
  /** What happens, in which order, to which process, under which plays; when exactly is the machine's. Not 0. */
  seed: number
  /** How long the broker is away before the first blow, ms. Default: not at all. */
  outageMs?: number
  /** Default: `exactly-once`. */
  guarantee?: Guarantee
  /** Default: `memory`. */
  stateStore?: StateStore
  progress(line: string): void
}

export interface StormReport {
  blows: number
  plays: number
  /** Rows that were to be written. */
  rows: number
  missing: string[]
  /** Rows that were written although they should not be, or not as often. */
  superfluous: string[]
  /** Last words of processes that ended by themselves; they were started again. */
  crashes: string[]
}

const SETTLE_MS = 120_000
/** Fewer than a commit has: all others are read from disk again. */
const KEYS_IN_MEMORY = 2

/** Runs a topology of two stages in three processes on a Kafka of its own, lets all that may happen happen, and counts. */
export async function storm(options: StormOptions): Promise<StormReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-chaos-'))
  const registry = process.env['SCHEMA_REGISTRY_URL']
  const stack = await startStack({
    dataDir,
    only: registry === undefined ? ['kafka', 'schemaRegistry'] : ['kafka'],
    ports: { kafka: 0, schemaRegistry: 0 },
    progress: () => undefined,
  })
  try {
    const { kafkaBrokers = '', schemaRegistryUrl = registry ?? '' } = stack.urls
    const stateDir = options.stateStore === 'disk' ? join(dataDir, 'state') : ''
    return await stormOn(stack, { kafkaBrokers, schemaRegistryUrl }, { ...options, stateDir })
  } finally {
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function stormOn(
  stack: Stack,
  services: RoomServices,
  {
    kills,
    seed,
    outageMs = 0,
    guarantee = 'exactly-once',
    stateStore = 'memory',
    stateDir,
    progress,
  }: StormOptions & { stateDir: string },
): Promise<StormReport> {
  const name = `chaos-${process.pid}-${seed}`
  const state = { stateStore, stateDir, keysInMemory: KEYS_IN_MEMORY }
  const room = await KafkaRoom.enter({ topicPrefix: `${name}.`, applicationId: name, ...state }, services)
  await room.add([...everyTopic, topics.deadLetters], () => PARTITIONS)
  const sender = new PlaySender(room, seed)
  const workers = new Workers(room, services, { guarantee, progress })
  const random = numbers(seed)
  const all = blows(kills, guarantee, random)
  try {
    await sender.start()
    for (let place = 0; place < PROCESSES; place++) workers.start(place)
    await sender.progress(ROUNDS_UNDER_WAY + 1)
    if (outageMs > 0) {
      progress(`no broker for ${outageMs / 1_000} s`)
      await breakOff(stack, outageMs)
      await sender.progress(ROUNDS_UNDER_WAY + 1)
    }
    await strike(all, { workers, sender, stack, random, progress })
    progress('the blows are over: waiting for all to be written')
    await sender.finish()
    const { wanted, found } = await settled(room, guarantee)
    return {
      blows: all.length,
      plays: sender.sent,
      rows: wanted.length,
      missing: missingFrom(found, wanted),
      superfluous: missingFrom(wanted, found),
      crashes: workers.crashes,
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${workers.lastWords}`, { cause: error })
  } finally {
    await workers.end()
    await sender.close()
  }
}

/** The account once as many rows have been written as should be; else as it is in the end. */
async function settled(room: KafkaRoom, guarantee: Guarantee): Promise<Account> {
  let last = await account(room, guarantee)
  await until(
    async () => {
      last = await account(room, guarantee)
      return missingFrom(last.found, last.wanted).length === 0
    },
    { what: 'all rows', within: SETTLE_MS, every: 500 },
  ).catch(() => undefined)
  return last
}

/** What differs, in a few lines. */
export function describeStorm({ missing, superfluous, ...report }: StormReport, seed: number): string {
  const some = (lines: string[]) => lines.slice(0, 20).map((line) => `  ${line}`)
  return [
    `seed ${seed}: ${report.blows} blows, ${report.plays} plays, ${report.rows} rows, ${report.crashes.length} crashes, ` +
      `${missing.length} rows missing, ${superfluous.length} too many`,
    ...report.crashes,
    ...(missing.length > 0 ? ['missing:', ...some(missing)] : []),
    ...(superfluous.length > 0 ? ['too many:', ...some(superfluous)] : []),
  ].join('\n')
}
