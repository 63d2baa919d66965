import { Command } from 'commander'
import { knownMigrations, statementsToRun } from '../../sinks/index.ts'
import { isoTime } from '../as-json.ts'
import { commandLog } from '../command-log.ts'
import { type Config, clickhouseOf, loadConfig } from '../config.ts'
import { requireServices } from '../reachable.ts'
import { columns } from '../status/text.ts'
import { migrateTables } from './migrate-tables.ts'

/** `continuo clickhouse migrate|status` */
export function clickhouseCommand(): Command {
  return new Command('clickhouse')
    .addCommand(
      new Command('migrate')
        .summary(
          'apply what is pending, as `continuo migrate` does; safe to repeat, and for several at a time',
        )
        .option('--dry-run', 'print the statements that would run, and change nothing', false)
        .action(migrate),
    )
    .addCommand(
      new Command('status')
        .summary('each migration: when it was applied, or that it is pending, or was changed since')
        .option('--json', 'a line of JSON for each', false)
        .addHelpText('after', '\nEnds with 1 if one was changed after it had been applied.')
        .action(status),
    )
}

async function reached(): Promise<Config> {
  const config = loadConfig()
  await requireServices(config, ['clickhouse'])
  return config
}

async function migrate({ dryRun }: { dryRun: boolean }): Promise<void> {
  const config = await reached()
  if (dryRun) {
    const statements = await statementsToRun(clickhouseOf(config))
    console.log(statements.length > 0 ? `${statements.join(';\n\n')};` : IN_PLACE)
    return
  }
  const made = await migrateTables(config, commandLog('clickhouse-migrate', config))
  console.log(made.length > 0 ? made.join('\n') : IN_PLACE)
}

const IN_PLACE = 'everything is in place'

async function status({ json }: { json: boolean }): Promise<void> {
  const known = (await knownMigrations(clickhouseOf(await reached()))).map(({ name, state, appliedAt }) => ({
    name,
    state,
    appliedAt: appliedAt === undefined ? null : isoTime(appliedAt),
  }))
  if (json) for (const each of known) console.log(JSON.stringify(each))
  else
    for (const line of columns(
      ['migration', 'state', 'applied at'],
      known.map(({ name, state, appliedAt }) => [name, state, appliedAt ?? '']),
    ))
      console.log(line)
  if (known.some(({ state }) => state === 'changed')) process.exitCode = 1
}
