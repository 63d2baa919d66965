import { LRUCache } from 'lru-cache'

/** Words of Spotify's platforms, and ours; the first that fits. */
const PLATFORMS: readonly (readonly [RegExp, string])[] = [
  [/web_?player|^web$/i, 'web'],
  [/(?<![a-z])car(?![a-z])|automotive/i, 'car'],
  [/playstation|ps[345]|xbox|^console$/i, 'console'],
  [/tv(?![a-z])|tvos|chromecast|roku/i, 'tv'],
  [/sonos|speaker|echo|google home|cast|bose/i, 'speaker'],
  [/android/i, 'android'],
  [/(?<![a-z])ios(?![a-z])|iphone|ipad|ipod/i, 'ios'],
  [/^import$/i, 'import'],
  [/windows|os ?x|(?<![a-z])mac(os|intosh)?(?![a-z])|linux|^desktop$/i, 'desktop'],
]
const platforms = new LRUCache<string, string>({ max: 1_000 })

/** The family of what an export tells by maker, model and version. */
export function platformOf(told: string): string {
  const known = platforms.get(told)
  if (known !== undefined) return known
  const platform = PLATFORMS.find(([words]) => words.test(told))?.[1] ?? 'other'
  platforms.set(told, platform)
  return platform
}
