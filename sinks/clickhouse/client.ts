import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

export interface ClickhouseOptions {
  /** `http(s)://user:password@host:port` */
  url: string
  database: string
}

const REQUEST_TIMEOUT_MS = 30_000

/** A client whose inserts have landed when they return: none is left to the server's own queue. */
export function connectClickhouse({ url, database }: ClickhouseOptions): ClickHouseClient {
  return createClient({
    url,
    database,
    application: 'continuo-sinks',
    request_timeout: REQUEST_TIMEOUT_MS,
    max_open_connections: 4,
    clickhouse_settings: { async_insert: 0, wait_end_of_query: 1 },
    // What goes wrong is logged, with its circumstances, where it is retried.
    log: { level: ClickHouseLogLevel.OFF },
  })
}
