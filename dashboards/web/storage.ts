/** What a browser keeps for a page; where it keeps nothing, what is set lasts as long as the page. */
export interface Keep {
  get(key: string): string | null
  set(key: string, value: string): void
  remove(key: string): void
}

/** `storage` is asked for at each use: a browser that forbids it throws at the mere name. */
export function keepIn(storage: () => Storage): Keep {
  const unsaved = new Map<string, string>()
  const attempt = <T>(use: (storage: Storage) => T): T | undefined => {
    try {
      return use(storage())
    } catch {
      return undefined
    }
  }
  return {
    get: (key) => unsaved.get(key) ?? attempt((kept) => kept.getItem(key)) ?? null,
    set(key, value) {
      unsaved.set(key, value)
      attempt((kept) => kept.setItem(key, value))
    },
    remove(key) {
      unsaved.delete(key)
      attempt((kept) => kept.removeItem(key))
    },
  }
}
