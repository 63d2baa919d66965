#!/usr/bin/env node
import { Command } from 'commander'
import { isExplained } from './errors.ts'

/** The verbs. Each is loaded when it is asked for: a gateway need not wait for the ClickHouse client to be read. */
const verbs: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).startCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  clickhouse: async () => (await import('./clickhouse/clickhouse.ts')).clickhouseCommand(),
  run: async () => (await import('./run.ts')).runCommand(),
  sinks: async () => (await import('./sinks/sinks.ts')).sinksCommand(),
  gateway: async () => (await import('./gateway.ts')).gatewayCommand(),
  push: async () => (await import('./push/push.ts')).pushCommand(),
  dashboard: async () => (await import('./dashboard.ts')).dashboardCommand(),
  simulate: async () => (await import('./simulate.ts')).simulateCommand(),
  import: async () => (await import('./import.ts')).importCommand(),
  report: async () => (await import('./report/report.ts')).reportCommand(),
  doctor: async () => (await import('./doctor/doctor.ts')).doctorCommand(),
  status: async () => (await import('./status/status.ts')).statusCommand(),
  schemas: async () => (await import('./schemas/schemas.ts')).schemasCommand(),
  topics: async () => (await import('./topics/topics.ts')).topicsCommand(),
  backfill: async () => (await import('./backfill/backfill.ts')).backfillCommand(),
  dlq: async () => (await import('./dlq/dlq.ts')).dlqCommand(),
  redis: async () => (await import('./redis/redis.ts')).redisCommand(),
  reset: async () => (await import('./reset/reset.ts')).resetCommand(),
  privacy: async () => (await import('./privacy/privacy.ts')).privacyCommand(),
  state: async () => (await import('./state.ts')).stateCommand(),
  trainer: async () => (await import('./trainer.ts')).trainerCommand(),
  model: async () => (await import('./model/model.ts')).modelCommand(),
  show: async () => (await import('./show.ts')).showCommand(),
  topology: async () => (await import('./topology.ts')).topologyCommand(),
  new: async () => (await import('./new.ts')).newCommand(),
  token: async () => (await import('./token.ts')).tokenCommand(),
}

const program = new Command('continuo')
  .description('Real-time analytics for music streaming: from a play in Kafka to a number on a screen.')
  .showHelpAfterError('(try --help)')
  .addHelpText(
    'after',
    '\nConfiguration is by environment: the README lists every variable. `continuo start --dev` needs none.',
  )

try {
  const [, , name = ''] = process.argv
  const wanted = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  for (const load of wanted === undefined ? Object.values(verbs) : [wanted]) program.addCommand(await load())
  await program.parseAsync()
} catch (error) {
  if (isExplained(error)) console.error(`continuo: ${error.message}`)
  else console.error((await import('./describe-error.ts')).describeError(error as Error).stack)
  process.exit(1)
}
