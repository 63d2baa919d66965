import { IANAZone } from 'luxon'
import { LRUCache } from 'lru-cache'

/** The world has some 600, under all of their names. */
const ZONES_CACHED = 1_000
const OFFSETS_CACHED = 10_000
/** No zone changes its offset within a quarter of an hour. */
const QUARTER_MS = 900_000

/** What strangers call a zone, too, so bounded; luxon's own cache is not. To look whether there is one takes 57 µs. */
const zones = new LRUCache<string, IANAZone>({ max: ZONES_CACHED })
const offsets = new LRUCache<string, number>({ max: OFFSETS_CACHED })

/** How far clocks of an IANA time zone are ahead of UTC at a time, in minutes; null for what is no zone. */
export function utcOffsetMinutes(name: string, at: number): number | null {
  const zone = zoneOf(name)
  if (!zone.isValid) return null
  const quarter = Math.floor(at / QUARTER_MS)
  const key = `${name} ${quarter}`
  let offset = offsets.get(key)
  if (offset === undefined) offsets.set(key, (offset = zone.offset(quarter * QUARTER_MS)))
  return offset
}

function zoneOf(name: string): IANAZone {
  let zone = zones.get(name)
  if (zone === undefined) zones.set(name, (zone = new IANAZone(name)))
  return zone
}
