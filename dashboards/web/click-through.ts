import { getJson } from './api.ts'

/** What became of the lists of one model version. */
export interface ModelClickThrough {
  modelVersion: string
  listsShown: number
  clicks: number
  /** 0 to 1. */
  clickThrough: number
}

export interface ClickThroughHandlers {
  /** Newest version first. */
  loaded(versions: ModelClickThrough[]): void
  failed(reason: string): void
}

const EVERY_MS = 30_000
const RETRY_MS = 5_000

/** Reads what became of recommendations in the last seven days, now and every half minute; after a failure sooner. */
export function followClickThrough(on: ClickThroughHandlers): void {
  const read = async (): Promise<void> => {
    const next = await attempt(on)
    setTimeout(() => void read(), next)
  }
  void read()
}

/** Returns after how many ms to read again. */
async function attempt(on: ClickThroughHandlers): Promise<number> {
  try {
    const { versions } = await getJson<{ versions: ModelClickThrough[] }>('/api/click-through?days=7')
    on.loaded(versions)
    return EVERY_MS
  } catch (error) {
    on.failed(error instanceof Error ? error.message : String(error))
    return RETRY_MS
  }
}
