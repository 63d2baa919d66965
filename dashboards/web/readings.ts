import type { Reading } from './model/reading.ts'
import { reread } from './reread.ts'

const EVERY_MS = 15_000
const OWN = '/api/me/'

export interface ReadingsOptions {
  changed(): void
  /** The reader's token, for what is their own. @throws Error that says where one comes from */
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
        return EVERY_MS
      },
      failed(reason) {
        reading.trouble = { reason, since: reading.trouble?.since ?? Date.now() }
        changed()
      },
      ...(path.startsWith(OWN) && { headers: async () => ({ authorization: `Bearer ${await token()}` }) }),
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
