/** Where a window is, by the id that it has in its changelog. */
export interface WindowPlace {
  /** Tells those of one kind from others: see `WindowStore`. */
  prefix: string
  start: number
  key: string
}

/** `partly-late 1767225600000:a`: prefix, start and key; undefined for what has no colon, and is of no key. */
export function placeIn(id: string): WindowPlace | undefined {
  const colon = id.indexOf(':')
  if (colon < 0) return undefined
  const head = id.slice(0, colon)
  const space = head.lastIndexOf(' ')
  return { prefix: head.slice(0, space + 1), start: Number(head.slice(space + 1)), key: id.slice(colon + 1) }
}
