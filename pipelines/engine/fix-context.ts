import { type Codec, DecodeError } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'

/** What a fix is given beside a record; `V`: the values of the topic that the record came from. */
export interface FixContext<V = unknown> {
  /** What the readers of its topic make of the value; undefined where they cannot. */
  readonly decoded: V | undefined
  /**
   * Avro in the wire format, under the schema by which the topic is written now.
   * @throws UnfitError for what is no value of it
   */
  encode(value: V): Buffer
}

/** What a fix would have encoded cannot be; the message says which field it is, and not what it holds. */
export class UnfitError extends Error {
  override readonly name = 'UnfitError'
}

/**
 * What goes with a record whose value is this one, its schema loaded.
 * @param topic registered for encoding; undefined for one that nobody knows
 */
export function fixContext(
  codec: Codec,
  topic: Topic<unknown> | undefined,
  bytes: Buffer | null,
): FixContext<never> {
  const whole = topic && { ...topic, value: topic.value.partOf ?? topic.value }
  return {
    // Who does not look at it need not wait for it.
    get decoded() {
      return (whole && decodedBy(codec, whole, bytes)) as undefined
    },
    encode(value: unknown) {
      if (whole === undefined) throw new UnfitError('nobody knows the schema of its topic')
      try {
        return codec.encode(whole, value)
      } catch (error) {
        if (error instanceof TypeError) throw new UnfitError(error.message)
        throw error
      }
    },
  }
}

function decodedBy(codec: Codec, topic: Topic<unknown>, bytes: Buffer | null): unknown {
  try {
    return codec.decode(topic, bytes)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
