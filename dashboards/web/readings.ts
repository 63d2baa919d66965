import type { Reading } from './model/reading.ts'
import { reread } from './reread.ts'

const EVERY_MS = 15_000
/** Stages are looked at while something happens to them. */
const PIPELINE_EVERY_MS = 3_000
const PIPELINE = '/api/pipeline'
/** What is told to some alone. */
const FOR_SOME = ['/api/me/', PIPELINE, '/api/dead-letters']

export interface ReadingsOptions {
  changed(): void
  /** The reader's token, for what is told to them alone or to operators. @throws Error that says where one comes from */
  token(): Promise<string>
}

/** Keeps reading what the view that is open wants of the API, and remembers the newest answer of each. */
export function keepReadings({ changed, token }: ReadingsOptions) {
  const kept = new Map<string, { reading: Reading; stop(): void }>()

  function start(path: string): void {
    const reading: Reading = {}
    const { stop } = reread<object>(path, {
      loaded(answer, askedAt) {
        Object.assign(reading, { answer, askedAt, trouble: undefined })
        changed()
        return path === PIPELINE ? PIPELINE_EVERY_MS : EVERY_MS
      },
      failed(reason) {
        reading.trouble = { reason, since: reading.trouble?.since ?? Date.now() }
        changed()
      },
      ...(FOR_SOME.some((start) => path.startsWith(start)) && {
        headers: async () => ({ authorization: `Bearer ${await token()}` }),
      }),
    })
    kept.set(path, { reading, stop })
  }

  return {
    /** From now on these paths are read, and no others. */
    want(paths: string[]): void {
      for (const [path, { stop }] of kept) {
        if (paths.includes(path)) continue
        stop()
        kept.delete(path)
      }
      for (const path of paths) if (!kept.has(path)) start(path)
    },

    of: <Answer extends object>(path: string): Reading<Answer> =>
      (kept.get(path)?.reading ?? {}) as Reading<Answer>,
  }
}
