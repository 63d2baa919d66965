import { access } from 'node:fs/promises'
import { Command } from 'commander'
import type { IANAZone } from 'luxon'
import { partitionReader } from '../pipelines/engine/kafka/partition-reader.ts'
import { recordBatches } from '../pipelines/engine/kafka/record-batches.ts'
import { Codec } from '../schemas/codec.ts'
import { connectRegistry } from '../schemas/registry.ts'
import { isText } from '../schemas/text.ts'
import {
  type CsvMapping,
  type Format,
  type History,
  ImportError,
  type ImportPhase,
  type ImportReport,
  csv,
  importHistory,
  lastfm,
  listenbrainz,
  spotify,
  tableOf,
  totalsOf,
  tryImport,
} from '../sources/import/index.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './config.ts'
import { type ListenerOf, csvMapping, delimiter, seconds, timeZone, userBy } from './import-options.ts'
import { connectKafka } from './kafka.ts'
import { type KeyFlags, withKeyFlags } from './keys.ts'
import { endWith } from './errors.ts'
import { keepToEpoch } from './privacy/epoch-in-kafka.ts'
import { readPseudonyms } from './privacy/read-pseudonyms.ts'
import { progressBar } from './progress-bar.ts'
import { requireServices } from './reachable.ts'

interface Flags extends KeyFlags {
  user?: string
  userBy?: ListenerOf
  dryRun: boolean
  wait: boolean
  deadline: number
  json: boolean
}

interface CsvFlags extends Flags {
  map: CsvMapping
  timeZone?: IANAZone
  delimiter?: string
}

/** `continuo import` */
export function importCommand(): Command {
  return new Command('import')
    .addCommand(
      importOf(
        'spotify',
        'Spotify exports, "account data" and "extended"; again adds nothing',
        () => spotify,
      ),
    )
    .addCommand(importOf('lastfm', 'scrobbles of Last.fm: CSV, or JSON of its API', () => lastfm))
    .addCommand(importOf('listenbrainz', 'the export of ListenBrainz, or its JSONL', () => listenbrainz))
    .addCommand(
      importOf('csv', 'any table with a row of names', ({ map: mapping, timeZone, delimiter }: CsvFlags) =>
        csv({ mapping, ...(timeZone && { timeZone }), ...(delimiter && { delimiter }) }),
      )
        .requiredOption(
          '--map <fields>',
          'which column holds what: ended_at=ts,artist=…,track=… (or started_at; ms_played or seconds_played, platform, country)',
          csvMapping,
        )
        .option('--time-zone <name>', 'of times that do not say theirs, e.g. Europe/Berlin', timeZone)
        .option(
          '--delimiter <character>',
          'between columns, \\t for a tab (default: what the first row has most of)',
          delimiter,
        ),
    )
}

function importOf<F extends Flags>(name: string, summary: string, formatOf: (flags: F) => Format): Command {
  return withKeyFlags(new Command(name))
    .summary(summary)
    .argument('<path...>', 'files, folders and zip archives, gzipped or not')
    .option('--user <id>', 'whose plays they are, as the service knows the listener')
    .option(
      '--user-by <folder|pattern>',
      'several listeners: by the folder or archive below the one named, or by the first group of a pattern in the path',
      userBy,
    )
    .option('--dry-run', 'read and count only; needs no services', false)
    .option(
      '--no-wait',
      'do not wait until anonymise has read the plays, and do not count what became of them',
    )
    .option('--deadline <seconds>', 'how long to wait for anonymise', seconds, 300)
    .option('--json', 'the counts as one line of JSON', false)
    .action((paths: string[], flags: F) => importPaths(formatOf(flags), paths, flags))
}

async function importPaths(format: Format, paths: string[], flags: Flags): Promise<void> {
  const bar = phaseBar()
  const history = { format, paths, listenerOf: listenerOf(flags), onProgress: bar.show }
  await requireOneOf(paths)
  try {
    const report = await (flags.dryRun ? tryImport(history) : importInto(history, flags))
    bar.stop()
    say(report, flags)
  } finally {
    bar.stop()
  }
}

/** Where there is nothing at all, no key and no service is asked for. @throws ImportError */
async function requireOneOf(paths: readonly string[]): Promise<void> {
  const looks = await Promise.allSettled(paths.map((path) => access(path)))
  const refusals = looks.flatMap((look, index) =>
    look.status === 'fulfilled' ? [] : [`${paths[index]} cannot be read: ${(look.reason as Error).message}`],
  )
  if (refusals.length === paths.length) throw new ImportError(refusals.join('\n'))
}

async function importInto(history: History, flags: Flags): Promise<ImportReport> {
  const config = loadConfig()
  const { pseudonyms, epoch } = await readPseudonyms(flags)
  await requireServices(config, ['kafka', 'schemaRegistry'])
  const log = commandLog('import', config)
  const kafka = connectKafka(config, 'continuo-import', log)
  // Not one play more is sent then; repeated later the import goes on.
  const kept = await keepToEpoch({ kafka, config }, epoch, endWith)
  const imported = importHistory({
    ...history,
    kafka,
    recordBatches: () => recordBatches(kafka, config.TOPIC_PREFIX),
    reader: partitionReader(kafka),
    codec: new Codec(connectRegistry(config.SCHEMA_REGISTRY_URL, log), config.TOPIC_PREFIX),
    topicPrefix: config.TOPIC_PREFIX,
    applicationId: config.APPLICATION_ID,
    pseudonyms,
    settleWithinMs: flags.wait && flags.deadline * 1_000,
  })
  return imported.finally(() => kept.stop())
}

/** @throws ImportError if it is not said whose plays they are */
function listenerOf({ user, userBy }: Flags): ListenerOf {
  if ((user === undefined) === (userBy === undefined))
    throw new ImportError('say whose plays they are: --user for one listener, or --user-by for several')
  if (userBy !== undefined) return userBy
  if (user === undefined || !isText(user)) throw new ImportError('--user must have 1 to 512 characters')
  return () => user
}

function say(report: ImportReport, { json }: Flags): void {
  const totals = totalsOf(report)
  console.log(json ? JSON.stringify({ ...report, totals }) : tableOf(report))
  const troubles = report.unreadable.length + report.incomplete.length
  if (!totals.addsUp || troubles > 0) process.exitCode = 1
}

const labels: Record<ImportPhase, string> = { sending: 'Reading', settling: 'Anonymising' }

/** One bar a phase. */
function phaseBar() {
  const bar = progressBar('{phase} [{bar}] {percentage}% | {eta_formatted} left')
  let shown: ImportPhase | undefined
  return {
    show(phase: ImportPhase, done: number, total: number): void {
      if (phase === shown) {
        bar.update(done)
        return
      }
      bar.stop()
      shown = phase
      bar.start(total, done, { phase: labels[phase].padEnd(labels.settling.length) })
    },
    stop(): void {
      bar.stop()
    },
  }
}
