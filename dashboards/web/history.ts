import { getJson } from './api.ts'
import { MINUTE_MS, type Minute } from './model/minute-series.ts'

interface History {
  from: number
  to: number
  minutes: Minute[]
}

export interface HistoryHandlers {
  loaded(history: History): void
  failed(reason: string): void
}

const RETRY_MS = 5_000

/** So long after a minute's end all its plays have usually landed; spread, that many screens do not ask at once. */
const SETTLING_MS = { least: 2_000, spread: 6_000 }

/** Reads the last hour from ClickHouse now and after the end of every minute; after a failure sooner. `refresh` reads at once. */
export function followHistory(on: HistoryHandlers): { refresh(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined

  const read = async (): Promise<void> => {
    clearTimeout(timer)
    const next = await attempt(on)
    clearTimeout(timer)
    timer = setTimeout(() => void read(), next)
  }
  void read()
  return { refresh: () => void read() }
}

/** Returns after how many ms to read again. */
async function attempt(on: HistoryHandlers): Promise<number> {
  try {
    on.loaded(await getJson<History>('/api/plays-by-minute?minutes=60'))
    return MINUTE_MS - (Date.now() % MINUTE_MS) + SETTLING_MS.least + Math.random() * SETTLING_MS.spread
  } catch (error) {
    on.failed(error instanceof Error ? error.message : String(error))
    return RETRY_MS
  }
}
