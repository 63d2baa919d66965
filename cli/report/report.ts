import { Command } from 'commander'
import { artistReport } from '../../dashboards/reports/artist.ts'
import { dailyReport } from '../../dashboards/reports/daily.ts'
import { listenerReport } from '../../dashboards/reports/listener.ts'
import { ReportError } from '../../dashboards/reports/report.ts'
import { retentionReport } from '../../dashboards/reports/retention.ts'
import { DEFAULT_WEEKS, MOST_WEEKS } from '../../dashboards/server/endpoints/cohort-retention.ts'
import { isText } from '../../schemas/text.ts'
import { ConfigError } from '../config.ts'
import { type KeyFlags, withKeyFlags } from '../keys.ts'
import { whole } from '../options.ts'
import { readPseudonyms } from '../privacy/read-pseudonyms.ts'
import { day, yearOf } from './report-options.ts'
import { type OutputFlags, make, withOutput } from './make.ts'

/** `continuo report` */
export const reportCommand = (): Command =>
  new Command('report')
    .addCommand(dailyCommand())
    .addCommand(artistCommand())
    .addCommand(listenerCommand())
    .addCommand(retentionCommand())

const dailyCommand = () =>
  withOutput(
    new Command('daily')
      .summary('a day beside the day before and a week before, its hours, and its fifty artists')
      .option('--day <day>', 'which day of UTC (default: yesterday)', day),
    '\n  continuo report daily --out yesterday.html' +
      '\n  continuo report daily --day 2026-01-31 --format csv',
  ).action((flags: OutputFlags & { day?: string }) =>
    make('daily', flags, (source) => dailyReport(source, flags.day)),
  )

const artistCommand = () =>
  withOutput(
    new Command('artist')
      .summary('an artist by day, and by hour of the last seven days')
      .argument('<id>', 'of the artist, as `continuo report daily` has it')
      .option('--from <day>', 'the first day of UTC (default: 30 days before --to)', day)
      .option('--to <day>', 'the first day that is not asked for (default: tomorrow)', day),
    '\n  continuo report artist 4Z8W4fKeB5YxbusRsdQVPb --out artist.html' +
      '\n  continuo report artist 4Z8W4fKeB5YxbusRsdQVPb --from 2026-01-01 --to 2026-02-01 --format csv',
  ).action((id: string, { from, to, ...flags }: OutputFlags & { from?: string; to?: string }) =>
    make('artist', flags, (source) => artistReport(source, id, { from, to })),
  )

const retentionCommand = () =>
  withOutput(
    new Command('retention')
      .summary('of the listeners of each first week, how many came back in the weeks behind it')
      .option('--weeks <n>', 'how many weeks, the running one included', whole(MOST_WEEKS), DEFAULT_WEEKS),
    '\n  continuo report retention --weeks 26 --out retention.html',
  ).action(({ weeks, ...flags }: OutputFlags & { weeks: number }) =>
    make('retention', flags, (source) => retentionReport(source, weeks)),
  )

interface ListenerFlags extends OutputFlags, KeyFlags {
  user?: string
  listener?: string
  year?: number
}

const listenerCommand = () =>
  withOutput(
    withKeyFlags(
      new Command('listener')
        .summary('a year of one listener, all of it: for that listener alone')
        .option('--user <id>', 'who, as the service knows the listener; needs the keys of pseudonyms')
        .option('--listener <pseudonym>', 'who, as ClickHouse knows the listener; needs no key')
        .option('--year <year>', 'which year of UTC (default: this one)', yearOf),
    ),
    '\n  continuo report listener --user ada --dev --out ada.html' +
      '\n  continuo report listener --user ada --year 2025 --format csv',
  ).action(async (flags: ListenerFlags) => {
    const listener = await pseudonymIn(flags)
    await make('listener', flags, (source) =>
      listenerReport(source, listener, flags.year ?? new Date(source.now).getUTCFullYear()),
    )
  })

/** @throws ConfigError if it is not said who, and for keys */
async function pseudonymIn({ user, listener, ...keys }: ListenerFlags): Promise<string> {
  if ((user === undefined) === (listener === undefined))
    throw new ConfigError('say whose year: --user, or --listener for a pseudonym')
  if (listener !== undefined) return listener
  if (user === undefined || !isText(user)) throw new ReportError('--user must have 1 to 512 characters')
  const { pseudonyms } = await readPseudonyms(keys)
  return pseudonyms.listener(user)
}
