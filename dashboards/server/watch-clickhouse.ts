import type { ClickHouseClient } from '@clickhouse/client'
import type { Logger } from 'pino'

const PAUSE_MS = 2_000
/** A look that was lost on its way must not stand for ClickHouse for as long as a query may take. */
const ANSWERS_WITHIN_MS = 5_000

/** Knows whether ClickHouse answers: asks, waits for the answer and two seconds, asks again, and says so once when that changes. */
export function watchClickhouse(
  client: Pick<ClickHouseClient, 'ping'>,
  log: Logger,
): { answers(): boolean; stop(): void } {
  let answers = false
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const look = async (): Promise<void> => {
    const { success } = await client.ping({
      select: false,
      abort_signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    })
    if (stopped) return
    if (success !== answers)
      log.info({ clickhouse: success }, success ? 'history answers' : 'history does not answer')
    answers = success
    timer = setTimeout(() => void look(), PAUSE_MS)
  }
  void look()
  return {
    answers: () => answers,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
