/** The sinks: what carries topics into the stores that screens and analysts read. */
export { knownMigrations, migrateClickhouse, statementsToRun } from './clickhouse/migrate.ts'
export { startClickhouseSink } from './clickhouse/sink.ts'
export { sinkMetrics } from './metrics.ts'
export { putAsideInKafka } from './put-aside.ts'
export { startListsSink } from './redis/lists-sink.ts'
export { startTotalsSink } from './redis/totals-sink.ts'
export type { RunningSink } from './running-sink.ts'
