import { access, constants } from 'node:fs/promises'
import progress from 'cli-progress'
import { Command, InvalidArgumentError } from 'commander'
import { Codec } from '../schemas/codec.ts'
import { connectRegistry } from '../schemas/registry.ts'
import {
  ImportError,
  type ImportPhase,
  type ImportReport,
  importSpotify,
  tableOf,
  totalsOf,
} from '../sources/import/index.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './config.ts'
import { connectKafka } from './kafka.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'
import { requireServices } from './reachable.ts'

interface Flags extends KeyFlags {
  user: string
  wait: boolean
  deadline: number
  json: boolean
}

/** `continuo import` */
export function importCommand(): Command {
  return new Command('import')
    .summary('bring in real listening histories')
    .addCommand(
      withKeyFlags(new Command('spotify'))
        .summary('Spotify "account data" exports of one listener; again adds nothing')
        .argument('<file...>', 'StreamingHistory*.json, gzipped or not')
        .requiredOption('--user <id>', 'whose plays they are, as the service knows the listener')
        .option(
          '--no-wait',
          'do not wait until anonymise has read the plays, and do not count what became of them',
        )
        .option('--deadline <seconds>', 'how long to wait for anonymise', seconds, 300)
        .option('--json', 'the counts as one line of JSON', false)
        .action(importFiles),
    )
}

async function importFiles(files: string[], flags: Flags): Promise<void> {
  const config = loadConfig()
  await requireFiles(files)
  const pseudonymKey = readKeys(['PSEUDONYM_KEY'], flags).PSEUDONYM_KEY
  await requireServices(config, ['kafka', 'schemaRegistry'])
  const log = commandLog('import', config)
  const bar = progressBar()
  try {
    const report = await importSpotify({
      kafka: connectKafka(config, 'continuo-import', log),
      codec: new Codec(connectRegistry(config.SCHEMA_REGISTRY_URL, log), config.TOPIC_PREFIX),
      topicPrefix: config.TOPIC_PREFIX,
      applicationId: config.APPLICATION_ID,
      pseudonymKey,
      files,
      userId: flags.user,
      settleWithinMs: flags.wait && flags.deadline * 1_000,
      onProgress: bar.show,
    })
    bar.stop()
    say(report, flags)
  } finally {
    bar.stop()
  }
}

/** The mistake that is soonest mended is told first. @throws ImportError naming a file that cannot be read. */
async function requireFiles(files: readonly string[]): Promise<void> {
  for (const file of files)
    await access(file, constants.R_OK).catch((error: unknown) => {
      throw new ImportError(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
    })
}

function say(report: ImportReport, { json }: Flags): void {
  const totals = totalsOf(report)
  console.log(json ? JSON.stringify({ ...report, totals }) : tableOf(report))
  if (!totals.addsUp) process.exitCode = 1
}

const labels: Record<ImportPhase, string> = { sending: 'Sending', settling: 'Anonymising' }

/** One bar a phase, on the standard error, where there is a terminal. */
function progressBar() {
  const bar = new progress.SingleBar({
    format: '{phase} [{bar}] {value}/{total} | {eta_formatted} left',
    // It would take the first Ctrl-C for itself and let the import go on.
    gracefulExit: false,
  })
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

function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('Give seconds, more than 0.')
  return value
}
