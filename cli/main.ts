#!/usr/bin/env node
import { Command } from 'commander'
import { ConfigError } from './config.ts'
import { migrateCommand } from './migrate.ts'
import { runCommand } from './run.ts'

const program = new Command('continuo')
  .description('Real-time analytics for music streaming: from a play in Kafka to a number on a screen.')
  .showHelpAfterError()
  .addCommand(migrateCommand())
  .addCommand(runCommand())

try {
  await program.parseAsync()
} catch (error) {
  console.error(error instanceof ConfigError ? `continuo: ${error.message}` : error)
  process.exit(1)
}
