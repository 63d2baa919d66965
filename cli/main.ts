#!/usr/bin/env node
import { Command } from 'commander'
import { dashboardCommand } from './dashboard.ts'
import { gatewayCommand } from './gateway.ts'
import { importCommand } from './import.ts'
import { migrateCommand } from './migrate.ts'
import { runCommand } from './run.ts'
import { simulateCommand } from './simulate.ts'
import { sinksCommand } from './sinks.ts'
import { startCommand } from './start.ts'
import { tokenCommand } from './token.ts'

/** Errors whose message already says what is wrong and what to do: a stack trace would only hide it. */
const explained = new Set([
  'ConfigError',
  'ImportError',
  'MigrationError',
  'SchemaRegistryError',
  'StackError',
  'TopicError',
])

const program = new Command('continuo')
  .description('Real-time analytics for music streaming: from a play in Kafka to a number on a screen.')
  .addCommand(startCommand())
  .addCommand(migrateCommand())
  .addCommand(runCommand())
  .addCommand(sinksCommand())
  .addCommand(gatewayCommand())
  .addCommand(dashboardCommand())
  .addCommand(simulateCommand())
  .addCommand(importCommand())
  .addCommand(tokenCommand())
  .showHelpAfterError('(try --help)')
  .addHelpText(
    'after',
    '\nConfiguration is by environment: the README lists every variable. `continuo start --dev` needs none.',
  )

try {
  await program.parseAsync()
} catch (error) {
  const told = error instanceof Error && explained.has(error.name) ? `continuo: ${error.message}` : error
  console.error(told)
  process.exit(1)
}
