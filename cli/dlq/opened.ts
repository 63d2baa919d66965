import { openDeadLetter } from '../../pipelines/engine/dead-letters.ts'
import { type Codec, DecodeError } from '../../schemas/codec.ts'
import type { DeadLetter } from '../../schemas/dead-letter.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { isoTime } from '../as-json.ts'
import type { KeyRing } from './key-ring.ts'

/** What anyone may see of a letter. */
export const shownOf = ({ sealed, timestamp, ...letter }: DeadLetter) => ({
  ...letter,
  timestamp: isoTime(timestamp),
  sealedBytes: sealed.length,
})

/** Where it came from; undefined for a topic that is none of the product's. */
export const topicOf = ({ topic }: Pick<DeadLetter, 'topic'>, topicPrefix: string) =>
  Object.values<Topic<unknown>>(topics).find(({ name }) => topicPrefix + name === topic)

/** What was sealed, bytes as they are; `decoded` where the topic's readers can read it. */
export async function openedOf(
  letter: DeadLetter,
  { keys, codec, topicPrefix }: { keys: KeyRing; codec: Codec; topicPrefix: string },
) {
  const key = keys.of(letter.keyId)
  let original: ReturnType<typeof openDeadLetter>
  try {
    original = openDeadLetter(key, letter)
  } catch {
    return { sealedWith: letter.keyId, openedWith: key.id, original: null }
  }
  const known = topicOf(letter, topicPrefix)
  return { original, ...(known !== undefined && (await decoded(codec, known, original.value))) }
}

async function decoded(codec: Codec, topic: Topic<unknown>, value: Buffer | null) {
  await codec.load([value])
  try {
    return { decoded: codec.decode(topic, value) }
  } catch (error) {
    if (error instanceof DecodeError) return { undecodable: error.reason }
    throw error
  }
}
