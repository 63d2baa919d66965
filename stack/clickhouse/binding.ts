import { createRequire } from 'node:module'
import { StackError } from '../errors.ts'

/** A connection of the engine: it serialises what runs on it, and keeps settings and temporary tables. */
export type Connection = object

/** What a query gave back. */
export interface QueryOutcome {
  bytes: Uint8Array
  /** Seconds. */
  elapsed: number
  rowsRead: number
  bytesRead: number
}

/** What an insert of raw bytes wrote, rows of materialized views included. */
export interface InsertOutcome {
  elapsed: number
  rowsWritten: number
  bytesWritten: number
}

/** The part of the native binding that is used here. Its queries run on the threads of libuv's pool. */
export interface Binding {
  CreateConnection(folder: string): Connection
  CloseConnection(connection: Connection): void
  QueryAsyncConnection(connection: Connection, sql: string, format: string): Promise<QueryOutcome>
  InsertRawAsyncConnection(
    connection: Connection,
    sql: string,
    data: Uint8Array,
    countLines: boolean,
  ): Promise<InsertOutcome>
}

const require = createRequire(import.meta.url)
const packageName = '@chdb/lib-linux-x64-gnu'

/**
 * Checks that this machine has the engine, without loading its half gigabyte.
 * @throws StackError `platform_unsupported`
 */
export function requireEngine(resolve: (name: string) => string = require.resolve): void {
  try {
    resolve(packageName)
  } catch (error) {
    throw new StackError(
      'platform_unsupported',
      `the embedded ClickHouse (${packageName}) is not installed; it is made for Linux on x64 with glibc, this is ${process.platform} on ${process.arch}`,
      'set CLICKHOUSE_URL to a ClickHouse server, for example by "docker compose up clickhouse"; on Linux x64 run "npm ci" without --omit=optional',
      error,
    )
  }
}

export function loadBinding(): Binding {
  requireEngine()
  return require(packageName) as Binding
}
