import { createRequire } from 'node:module'

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

/** Loads the engine, half a gigabyte, from the folder of its package. */
export function loadBinding(folder: string): Binding {
  return createRequire(import.meta.url)(folder) as Binding
}
