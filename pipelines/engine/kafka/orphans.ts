/** A changelog that is there, and the store that it remembers. */
export interface RememberedStore {
  /** As Kafka knows it. */
  changelog: string
  store: string
}

/** Kinds of operators that keep state: the name of a store begins with one of them. */
const KINDS = [
  'deduplicate',
  'fold',
  'fold-window',
  'join-stream',
  'join-tables',
  'read-table',
  'to-table',
  'stream-time',
]

/** The longest that fits: `fold-window-1` is no `fold`. */
export const kindOf = (store: string): string | undefined =>
  KINDS.filter((kind) => store === kind || store.startsWith(`${kind}-`)).sort(
    (one, other) => other.length - one.length,
  )[0]

/** Of all topics the changelogs of a topology, whatever version of it has written them. */
export function storesRemembered(
  topics: readonly string[],
  topicPrefix: string,
  topology: string,
): RememberedStore[] {
  const [before, behind] = [`${topicPrefix}${topology}-`, '-changelog']
  return topics
    .filter((topic) => topic.startsWith(before) && topic.endsWith(behind))
    .sort()
    .map((changelog) => ({ changelog, store: changelog.slice(before.length, -behind.length) }))
    .filter(({ store }) => kindOf(store) !== undefined)
}
