import { getAnswer } from './api.ts'

export interface RereadHandlers<Answer> {
  /** `askedAt`: when the store was asked, ms since 1970. Answers after how many ms to read again. */
  loaded(answer: Answer, askedAt: number): number
  failed(reason: string): void
  /** What to send along. Default: nothing. */
  headers?(): Promise<Record<string, string>>
}

const RETRY_MS = 5_000

/** Reads JSON of this page's server now, and again and again; after a failure sooner. `refresh` reads at once; after `stop` nothing is heard. */
export function reread<Answer>(path: string, on: RereadHandlers<Answer>): { refresh(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  const attempt = async (): Promise<number> => {
    try {
      const { answer, askedAt } = await getAnswer<Answer>(path, await on.headers?.())
      return stopped ? 0 : on.loaded(answer, askedAt)
    } catch (error) {
      if (!stopped) on.failed(error instanceof Error ? error.message : String(error))
      return RETRY_MS
    }
  }
  const read = async (): Promise<void> => {
    clearTimeout(timer)
    const next = await attempt()
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(() => void read(), next)
  }
  void read()
  return {
    refresh: () => void read(),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
