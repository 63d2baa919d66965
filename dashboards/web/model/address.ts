import { isIsoDay } from './iso-day.ts'
import { places } from './places.ts'

/** Which of `values` a parameter of the address names; the first of them where it names none. */
export function choice<Value extends string>(
  parameters: URLSearchParams,
  name: string,
  values: readonly [Value, ...Value[]],
): Value {
  const given = parameters.get(name)
  return values.find((value) => value === given) ?? values[0]
}

/** A day of UTC that a parameter names, as 2026-01-31; empty where it names none. */
export function dayIn(parameters: URLSearchParams, name: string): string {
  const given = parameters.get(name) ?? ''
  return isIsoDay(given) ? given : ''
}

/** An address: of these parameters those that are not empty, in their order. */
export function address(path: string, parameters: Record<string, string>): string {
  const kept = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ''))
  return kept.size === 0 ? path : `${path}?${kept}`
}

/** The address carries the name, as the API tells of an artist by id alone. */
export const artistAddress = (artistId: string, artistName: string): string =>
  address(places.artist, { id: artistId, name: artistName })
