import { getJson } from './api.ts'

export interface RereadHandlers<Answer> {
  /** Answers after how many ms to read again. */
  loaded(answer: Answer): number
  failed(reason: string): void
}

const RETRY_MS = 5_000

/** Reads JSON of this page's server now, and again and again; after a failure sooner. `refresh` reads at once. */
export function reread<Answer>(path: string, on: RereadHandlers<Answer>): { refresh(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined

  const read = async (): Promise<void> => {
    clearTimeout(timer)
    const next = await attempt(path, on)
    clearTimeout(timer)
    timer = setTimeout(() => void read(), next)
  }
  void read()
  return { refresh: () => void read() }
}

/** Returns after how many ms to read again. */
async function attempt<Answer>(path: string, on: RereadHandlers<Answer>): Promise<number> {
  try {
    return on.loaded(await getJson<Answer>(path))
  } catch (error) {
    on.failed(error instanceof Error ? error.message : String(error))
    return RETRY_MS
  }
}
