import { IANAZone } from 'luxon'
import { LRUCache } from 'lru-cache'

const OFFSETS_CACHED = 10_000
/** No zone changes its offset within a quarter of an hour. */
const QUARTER_MS = 900_000

const known = new LRUCache<string, number>({ max: OFFSETS_CACHED })

/** How far clocks of an IANA time zone are ahead of UTC at a time, in minutes; null for what is no zone. */
export function utcOffsetMinutes(zone: string, at: number): number | null {
  if (!IANAZone.isValidZone(zone)) return null
  const quarter = Math.floor(at / QUARTER_MS)
  const key = `${zone} ${quarter}`
  let offset = known.get(key)
  if (offset === undefined) known.set(key, (offset = IANAZone.create(zone).offset(quarter * QUARTER_MS)))
  return offset
}
