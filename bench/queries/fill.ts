import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'

/** Made plays begin here and go over {@link DAYS} days. */
export const START = Date.UTC(2026, 0, 1)
export const DAYS = 90

/** An insert holds a state for each artist and hour of its plays: four kilobytes a play, where few are of one. */
const STEP = 500_000
const LOOK_EVERY_MS = 500

const sql = readFileSync(new URL('./made-plays.sql', import.meta.url), 'utf8')

/** Fills the table of plays, on from where it ends, and waits until ClickHouse has nothing left to merge. */
export async function fillPlays(client: ClickHouseClient, rows: number): Promise<void> {
  const [found] = await rowsOf<{ rows: number }>(client, 'SELECT toFloat64(count()) AS rows FROM plays')
  const began = performance.now()
  for (let at = found!.rows; at < rows; at += STEP) {
    await insert(client, { rows, at, step: Math.min(STEP, rows - at) })
    console.log(`${Math.min(at + STEP, rows)} plays, ${((performance.now() - began) / 1e3).toFixed(0)} s`)
  }
  const busy = 'SELECT 1 FROM system.merges WHERE database = currentDatabase()'
  while ((await rowsOf(client, busy)).length > 0) await pause(LOOK_EVERY_MS)
}

/** Made plays go on coming in behind those of the table, so many a second, until it is stopped; that answers how many a second there were. */
export function keepComing(client: ClickHouseClient, rows: number, aSecond: number): () => Promise<number> {
  const stopping = new AbortController()
  const began = performance.now()
  let come = 0
  const coming = (async () => {
    while (!stopping.signal.aborted) {
      await insert(client, { rows, at: rows + come, step: aSecond })
      come += aSecond
      await pause(Math.max(0, began + (come / aSecond) * 1_000 - performance.now()))
    }
  })()
  return async () => {
    stopping.abort()
    await coming
    return (come / (performance.now() - began)) * 1_000
  }
}

const insert = (client: ClickHouseClient, query_params: { rows: number; at: number; step: number }) =>
  client.command({
    query: sql,
    query_params,
    clickhouse_settings: { insert_deduplicate: 0, max_insert_threads: '1', max_memory_usage: '4000000000' },
  })

export async function rowsOf<T>(client: ClickHouseClient, query: string): Promise<T[]> {
  const answer = await client.query({ query, format: 'JSONEachRow' })
  return answer.json<T>()
}
