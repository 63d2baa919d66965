import { TopologyError } from './errors.ts'

/** What Kafka allows for the name of a topic. */
const LONGEST_NAME = 249

/** Name, without prefix, of the topic that remembers a store's changes. @throws TopologyError if Kafka would not take it. */
export function changelogOf(topology: string, store: string): string {
  const name = `${topology}-${store}-changelog`
  if (name.length <= LONGEST_NAME) return name
  throw new TopologyError(
    `${name} is longer than the ${LONGEST_NAME} characters that Kafka allows: give the topology or its operator a shorter name`,
  )
}
