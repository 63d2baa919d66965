import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { asJson } from '../as-json.ts'
import { type Config, environment, loadConfig } from '../config.ts'
import { progressBar } from '../progress-bar.ts'
import { roleSpecs } from '../supervisor/roles.ts'
import { PrivacyScanError, needlesOf, readIdentifiers } from './identifiers.ts'
import { clickhousePlace } from './places/clickhouse.ts'
import { filesPlace } from './places/files.ts'
import { kafkaPlace } from './places/kafka.ts'
import { pagesPlace, registryPlace } from './places/pages.ts'
import type { Advance, Place } from './places/place.ts'
import { redisPlace } from './places/redis.ts'
import { NOT_ALL, exitCodeOf, linesOf, reportOf } from './report.ts'
import { Looking } from './search/looking.ts'
import { Needles } from './search/needles.ts'

export interface ScanFlags {
  from?: string
  in?: string[]
  dataDir: string
  logs?: string[]
  metrics?: string[]
  stateDir?: string
  json: boolean
}

/** Where one may look. */
export const placeNames = [
  'kafka',
  'registry',
  'redis',
  'clickhouse',
  'logs',
  'metrics',
  'state',
  'models',
] as const
export type PlaceName = (typeof placeNames)[number]

/** Looks for identifiers in each place in turn, tells what it has found, and ends the process. */
export async function scan(given: string[], flags: ScanFlags, command: Command): Promise<never> {
  const { identifiers, names, config } = await prepared(given, flags).catch(
    // 1 would say that something was found.
    (error: unknown) => command.error(`continuo: ${(error as Error).message}`, { exitCode: NOT_ALL }),
  )
  const all = needlesOf(identifiers)
  const needles = new Needles(all)
  const looked: Looking[] = []
  for (const name of names) {
    const looking = new Looking(name, needles)
    looked.push(looking)
    await lookAt(looking, () => placeOf(name, config, flags))
  }
  const report = reportOf(identifiers, all.length, looked)
  const lines = flags.json ? [JSON.stringify(report, asJson)] : linesOf(report)
  console.log(lines.join('\n'))
  // What still tries to reach a service that is away would keep the process.
  process.exit(exitCodeOf(report))
}

const prepared = async (given: string[], { from, in: places }: ScanFlags) => ({
  names: namesOf(places ?? placeNames),
  identifiers: await readIdentifiers(given, from),
  config: loadConfig(),
})

/** @throws PrivacyScanError, which does not say what was given: it may be an identifier. */
function namesOf(given: readonly string[]): PlaceName[] {
  const isPlace = (name: string): name is PlaceName => (placeNames as readonly string[]).includes(name)
  if (given.every(isPlace)) return [...given]
  throw new PrivacyScanError(
    `--in names no place: give some of ${placeNames.join(', ')}, with commas between`,
  )
}

async function lookAt(looking: Looking, place: () => Place): Promise<void> {
  const format = `${looking.place} [{bar}] {percentage}% | {eta_formatted} left`
  const bar = progressBar(format, { clearOnComplete: true })
  const advance: Advance = { begin: (total) => bar.start(total, 0), by: (n) => bar.increment(n) }
  try {
    await place().look(looking, advance)
  } catch (error) {
    looking.problems.push(looking.hide((error as Error).message))
  } finally {
    bar.stop()
  }
}

function placeOf(name: PlaceName, config: Config, flags: ScanFlags): Place {
  const { dataDir, logs, metrics, stateDir } = flags
  switch (name) {
    case 'kafka':
      return kafkaPlace(config)
    case 'registry':
      return registryPlace(config)
    case 'redis':
      return redisPlace(config)
    case 'clickhouse':
      return clickhousePlace(config)
    case 'logs':
      return filesPlace({ paths: logs ?? [join(dataDir, 'logs')], asked: logs !== undefined })
    case 'metrics':
      return pagesPlace({ urls: metrics ?? healthPages(config), asked: metrics !== undefined })
    case 'state': {
      const paths = [stateDir ?? config.STATE_DIR].filter((path) => path !== '')
      return filesPlace({ paths, asked: stateDir !== undefined })
    }
    case 'models':
      return modelsPlace(config, dataDir)
  }
}

const modelsPlace = ({ MODEL_STORE }: Config, dataDir: string): Place =>
  MODEL_STORE.startsWith('s3://')
    ? { look: () => Promise.reject(new Error(`copy ${MODEL_STORE} into a folder, and name it with --logs`)) }
    : filesPlace({ paths: [...new Set([resolve(MODEL_STORE), join(dataDir, 'models')])], asked: false })

/** What the roles of `continuo start`, and one by itself, tell of themselves on this machine. */
function healthPages({ HEALTH_HOST, HEALTH_PORT }: Config): string[] {
  const ports = roleSpecs(environment(), { dev: false, simulator: true }).map(({ healthPort }) => healthPort)
  const named = HEALTH_HOST === '0.0.0.0' || HEALTH_HOST === '::' ? '127.0.0.1' : HEALTH_HOST
  const host = named.includes(':') ? `[${named}]` : named
  return [HEALTH_PORT, ...ports].flatMap((port) =>
    ['metrics', 'status'].map((page) => `http://${host}:${port}/${page}`),
  )
}
