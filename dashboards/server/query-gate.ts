import { ClickHouseError } from '@clickhouse/client'
import pLimit from 'p-limit'
import { ApiError } from './errors.ts'

/** Questions that ClickHouse is asked at a time. */
export const AT_A_TIME = 4
/** Questions that may wait behind them. More are refused: each may take as long as a query may. */
const WAITING = 16
const RETRY_AFTER_SECONDS = 1

export type Gate = <Answer>(ask: () => Promise<Answer>) => Promise<Answer>

/**
 * Lets few questions at a time through to ClickHouse.
 * @throws ApiError 503 for one too many, for one that has met a limit of queries, and if ClickHouse does not answer; a mistake in `ask` as it is
 */
export function queryGate(): Gate {
  const limit = pLimit(AT_A_TIME)
  return async (ask) => {
    if (limit.pendingCount >= WAITING)
      throw new ApiError(503, 'busy', 'too many questions wait for ClickHouse', 'ask again in a second', {
        headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
      })
    try {
      return await limit(ask)
    } catch (cause) {
      throw refusalOf(cause)
    }
  }
}

/** A mistake in our own code: neither ClickHouse nor the connection to it throws these. */
const isMistake = (error: unknown): boolean => error instanceof RangeError || error instanceof TypeError

/** ClickHouse's codes for too much time, too many rows read, too many rows answered, and too much memory. */
const limitCodes = new Set(['159', '158', '396', '241'])

/** What to tell of a query that has failed: that it has met a limit, or that ClickHouse did not answer; a mistake of ours as it is. */
export function refusalOf(cause: unknown): unknown {
  if (isMistake(cause)) return cause
  return isLimit(cause) ? limitMet(cause) : unavailable(cause)
}

const isLimit = (error: unknown): boolean => error instanceof ClickHouseError && limitCodes.has(error.code)

const limitMet = (cause: unknown) =>
  new ApiError(
    503,
    'limit_met',
    'the query was ended, as it would have taken too much',
    'ask for a shorter span where there is a choice, else again when ClickHouse has less to do',
    { cause },
  )

const unavailable = (cause: unknown) =>
  new ApiError(
    503,
    'history_unavailable',
    'ClickHouse did not answer the query',
    'check that ClickHouse runs at CLICKHOUSE_URL and that `continuo migrate` has made the tables',
    { cause },
  )
