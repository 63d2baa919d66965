import type { ClickHouseClient } from '@clickhouse/client'
import type { Logger } from 'pino'

const EVERY_MS = 2_000

/** Knows whether ClickHouse answers, by asking every two seconds, and says so once when that changes. */
export function watchClickhouse(client: ClickHouseClient, log: Logger): { answers(): boolean; stop(): void } {
  let answers = false
  const look = async (): Promise<void> => {
    const { success } = await client.ping()
    if (success !== answers)
      log.info({ clickhouse: success }, success ? 'history answers' : 'history does not answer')
    answers = success
  }
  void look()
  const timer = setInterval(() => void look(), EVERY_MS)
  return {
    answers: () => answers,
    stop: () => clearInterval(timer),
  }
}
