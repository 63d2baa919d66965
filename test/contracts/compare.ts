/** Lines by their keys. */
export type Found = Iterable<readonly [key: string, line: string]>

/** How what is found differs from what is wanted. */
export interface Comparison {
  what: string
  wanted: number
  found: number
  /** Keys that are not found; that are not wanted; that are found more than once; whose lines are others. */
  missing: number
  superfluous: number
  doubled: number
  different: number
  /** The first of these, for people. */
  first: string[]
}

const MOST_TOLD = 3

/** Compares lines by their keys. */
export async function compare(
  what: string,
  wanted: ReadonlyMap<string, string>,
  found: Found | AsyncGenerator<readonly [key: string, line: string]>,
): Promise<Comparison> {
  const result: Comparison = {
    what,
    wanted: wanted.size,
    found: 0,
    missing: 0,
    superfluous: 0,
    doubled: 0,
    different: 0,
    first: [],
  }
  const tell = (text: string) => result.first.length < MOST_TOLD && result.first.push(text)
  const met = new Set<string>()
  for await (const [key, line] of found) {
    result.found += 1
    const expected = wanted.get(key)
    if (expected === undefined) {
      result.superfluous += 1
      tell(`superfluous: ${key}: ${line}`)
    } else if (met.has(key)) {
      result.doubled += 1
      tell(`doubled: ${key}: ${line}`)
    } else if (expected !== line) {
      result.different += 1
      tell(`different: ${key}:\n  wanted ${expected}\n  found  ${line}`)
    }
    met.add(key)
  }
  for (const [key, line] of wanted) {
    if (met.has(key)) continue
    result.missing += 1
    tell(`missing: ${key}: ${line}`)
  }
  return result
}

export const differencesOf = ({ missing, superfluous, doubled, different }: Comparison): number =>
  missing + superfluous + doubled + different
