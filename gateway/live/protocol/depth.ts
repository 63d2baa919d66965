/** Lists and objects within one another that data may have. */
const MOST_LEVELS = 64

/**
 * Whether data are nested too deeply to be taken. Reading JSON knows no limit; writing it fails at some thousands of
 * levels, fewer the more calls are under way: what could be published could end the gateways that send it on.
 */
export function isTooDeep(data: unknown, levels = MOST_LEVELS): boolean {
  if (typeof data !== 'object' || data === null) return false
  return levels === 0 || Object.values(data).some((each) => isTooDeep(each, levels - 1))
}
