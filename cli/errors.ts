/** Errors whose message already says what is wrong and what to do: a stack trace would only hide it. */
const explained = new Set([
  'BackfillError',
  'ConfigError',
  'DashboardError',
  'DeadLetterError',
  'ExactlyOnceError',
  'GatewayError',
  'ImportError',
  'MigrationError',
  'ModelError',
  'NewTopologyError',
  'PrivacyScanError',
  'PushError',
  'RekeyError',
  'ReportError',
  'SchemaRegistryError',
  'ServiceAwayError',
  'StackError',
  'StateError',
  'TableError',
  'TopicError',
  'TopologyError',
])

/** Whether an error is its reader's to mend, by what its message says. */
export function isExplained(error: unknown): error is Error {
  return error instanceof Error && explained.has(error.name)
}

/** Ends a command, wherever it is, telling why. */
export function endWith(error: unknown): never {
  console.error(`continuo: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
