/** What is on a screen for less has hardly been seen. */
const SEEN_AFTER_MS = 1_000

/** Tells of each list, by its id, when it has been in view for a second without a break; of none twice. */
export function shownOnce(tell: (id: string) => void) {
  const told = new Set<string>()
  let list: string | undefined
  let isInView = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const beginAnew = (): void => {
    clearTimeout(timer)
    const id = list
    if (id === undefined || !isInView || told.has(id)) return
    timer = setTimeout(() => {
      told.add(id)
      tell(id)
    }, SEEN_AFTER_MS)
  }

  return {
    /** From now on this is the list that can be seen. */
    list(id: string): void {
      if (id === list) return
      list = id
      beginAnew()
    },

    inView(now: boolean): void {
      if (now === isInView) return
      isInView = now
      beginAnew()
    },
  }
}
