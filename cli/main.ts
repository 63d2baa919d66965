#!/usr/bin/env node
import { createRequire } from 'node:module'
import { Command } from 'commander'
import { isExplained } from './errors.ts'

/** The verbs, and what each is for. It is loaded when it is asked for: neither help nor a gateway need wait for the ClickHouse client to be read. */
const verbs: Readonly<Record<string, readonly [summary: string, load: () => Promise<Command>]>> = {
  start: [
    'start everything: services that are missing, pipelines, sinks, gateway, dashboard, simulator',
    async () => (await import('./start.ts')).startCommand(),
  ],
  migrate: [
    'create topics, schemas and tables that are missing; safe to repeat',
    async () => (await import('./migrate.ts')).migrateCommand(),
  ],
  clickhouse: [
    'the tables of ClickHouse: make them, and tell which migrations they have',
    async () => (await import('./clickhouse/clickhouse.ts')).clickhouseCommand(),
  ],
  run: [
    'run topologies; start it again, here or elsewhere, to share the work',
    async () => (await import('./run.ts')).runCommand(),
  ],
  sinks: [
    'carry topics into ClickHouse and Redis; start it again, here or elsewhere, to share the work',
    async () => (await import('./sinks/sinks.ts')).sinksCommand(),
  ],
  gateway: [
    'serve live channels over WebSocket, in the Centrifuge protocol',
    async () => (await import('./gateway.ts')).gatewayCommand(),
  ],
  push: [
    'push notifications to devices; start it again, here or elsewhere, to share the work',
    async () => (await import('./push/push.ts')).pushCommand(),
  ],
  dashboard: [
    'serve the page, and the API that answers its figures',
    async () => (await import('./dashboard.ts')).dashboardCommand(),
  ],
  simulate: [
    'send invented plays; change the rate while it runs: curl -X PUT localhost:9106/rate -d 2000',
    async () => (await import('./simulate.ts')).simulateCommand(),
  ],
  import: ['bring in real listening histories', async () => (await import('./import.ts')).importCommand()],
  report: [
    'daily, artist, listener or retention: figures as JSON, CSV or HTML to print',
    async () => (await import('./report/report.ts')).reportCommand(),
  ],
  doctor: [
    'look whether brokers, registry, Redis and ClickHouse are set such that nothing is lost or counted twice',
    async () => (await import('./doctor/doctor.ts')).doctorCommand(),
  ],
  status: [
    'see how each task of the topologies is, and what it waits for',
    async () => (await import('./status/status.ts')).statusCommand(),
  ],
  schemas: [
    'whether the versions of schemas can read one another, and what has changed',
    async () => (await import('./schemas/schemas.ts')).schemasCommand(),
  ],
  topics: [
    'compare the topics that topologies need with those that there are',
    async () => (await import('./topics/topics.ts')).topicsCommand(),
  ],
  backfill: [
    'process anew what there is, beside what runs, and then put the result in its place',
    async () => (await import('./backfill/backfill.ts')).backfillCommand(),
  ],
  dlq: [
    'look at dead letters, give them back to the stage that set them aside, or throw them away',
    async () => (await import('./dlq/dlq.ts')).dlqCommand(),
  ],
  redis: ['what Redis holds for screens', async () => (await import('./redis/redis.ts')).redisCommand()],
  reset: [
    'have a topology begin anew, or remove a version of it that is not in service',
    async () => (await import('./reset/reset.ts')).resetCommand(),
  ],
  privacy: [
    'the keys by which listeners become pseudonyms, and a search that shows nobody is named where nobody may be',
    async () => (await import('./privacy/privacy.ts')).privacyCommand(),
  ],
  state: ['look into the state of a topology', async () => (await import('./state.ts')).stateCommand()],
  trainer: [
    'train a model of all plays now and then, and put it in service unless it is worse',
    async () => (await import('./trainer.ts')).trainerCommand(),
  ],
  model: [
    'recommendations: train models, compare them, put one in service',
    async () => (await import('./model/model.ts')).modelCommand(),
  ],
  show: [
    'print the records of a topic as lines of JSON, from now on',
    async () => (await import('./show.ts')).showCommand(),
  ],
  topology: [
    'look at a topology without running it',
    async () => (await import('./topology.ts')).topologyCommand(),
  ],
  new: [
    'write the first files of a topology of your own',
    async () => (await import('./new.ts')).newCommand(),
  ],
  token: [
    'print a token that lets a listener connect to the gateway',
    async () => (await import('./token.ts')).tokenCommand(),
  ],
}

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

const program = new Command('continuo')
  .version(version)
  .description('Real-time analytics for music streaming: from a play in Kafka to a number on a screen.')
  .showHelpAfterError('(try --help)')
  .addHelpText(
    'after',
    '\nConfiguration is by environment: the README lists every variable. `continuo start --dev` needs none.',
  )

try {
  const name = process.argv.slice(2).find((word) => word !== 'help') ?? ''
  if (Object.hasOwn(verbs, name)) {
    const [summary, load] = verbs[name]!
    program.addCommand((await load()).summary(summary).copyInheritedSettings(program))
  } else for (const [verb, [summary]] of Object.entries(verbs)) program.command(verb).summary(summary)
  await program.parseAsync()
} catch (error) {
  if (isExplained(error)) console.error(`continuo: ${error.message}`)
  else console.error((await import('./describe-error.ts')).describeError(error as Error).stack)
  process.exit(1)
}
