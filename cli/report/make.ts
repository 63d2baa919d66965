import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { type Command, Option } from 'commander'
import type { Report } from '../../dashboards/reports/report.ts'
import type { ReportSource } from '../../dashboards/reports/source.ts'
import { clickhouseOf, loadConfig } from '../config.ts'
import { progressBar } from '../progress-bar.ts'
import { requireServices } from '../reachable.ts'
import { type Format, formatOf, formats } from './formats.ts'
import { requireWritable, write } from './write.ts'

export interface OutputFlags {
  format?: Format
  out?: string
}

const REQUEST_TIMEOUT_MS = 30_000
/** A report asks so many questions at once. */
const CONNECTIONS = 4

/** Adds where and how a report is written, and `examples`. */
export const withOutput = (command: Command, examples: string): Command =>
  command
    .addOption(
      new Option('--format <format>', 'default: by the ending of --out, or else json').choices(
        Object.keys(formats),
      ),
    )
    .option(
      '--out <file>',
      'where to, written whole or not at all; in place of what it was (default: the standard output)',
    )
    .addHelpText('after', examples)

/** Asks ClickHouse for a report, with a bar on a terminal, and writes it. @throws errors that say what to do */
export async function make(
  name: string,
  { format, out }: OutputFlags,
  ask: (source: ReportSource) => Promise<Report>,
): Promise<void> {
  const config = loadConfig()
  if (out !== undefined) await requireWritable(out)
  const asText = formats[format ?? formatOf(out)]
  await requireServices(config, ['clickhouse'])
  const client = createClient({
    ...clickhouseOf(config),
    application: 'continuo-report',
    request_timeout: REQUEST_TIMEOUT_MS,
    max_open_connections: CONNECTIONS,
    // What goes wrong is told by the error.
    log: { level: ClickHouseLogLevel.OFF },
  })
  const bar = progressBar('{what} [{bar}] {value} of {total} questions', { clearOnComplete: true })
  const progress = (answered: number, questions: number) =>
    answered === 0 ? bar.start(questions, 0, { what: name }) : bar.update(answered)
  try {
    const report = await ask({ client, k: config.K_ANONYMITY, now: Date.now(), progress })
    const text = await asText(report)
    bar.stop()
    await write(text, out)
  } finally {
    bar.stop()
    await client.close()
  }
}
