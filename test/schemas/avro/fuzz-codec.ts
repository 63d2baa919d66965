import fc from 'fast-check'
import { registryInMemory } from '../../../pipelines/engine/testing/registry-in-memory.ts'
import { Codec, DecodeError } from '../../../schemas/codec.ts'
import { playV1, playV2, playV3 } from '../../../schemas/events.ts'
import { type Topic, topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import { valuesOf } from '../event-values.ts'

/** What became of messages: how many were read, and how many refused for each reason. */
export type Account = Record<string, number>

const SAMPLES = 200
const MOST_NOISE = 300

const versions = [playV1, playV2, playV3].map((value, index) => topic(`plays-v${index + 1}`, value, 'user'))
const all: readonly Topic<never>[] = [...versions, ...Object.values(topics)] as never

/**
 * Throws so many messages at a codec: noise, noise behind a known schema id, sound values of every topic, and these with bytes changed, left out or put
 * in. One in four is read as some other topic. @throws what is neither a value nor a DecodeError
 */
export async function fuzzCodec(messages: number, seed: number): Promise<Account> {
  const codec = new Codec(registryInMemory())
  for (const each of all) await codec.register(each)
  const sound = all.flatMap((each) =>
    fc.sample(valuesOf(each), { seed, numRuns: SAMPLES }).map((value) => ({
      topic: each,
      bytes: codec.encode(each, value as never),
    })),
  )
  const next = numbers(seed)
  const account: Account = {}
  for (let count = 0; count < messages; count++) {
    const chosen = sound[next(sound.length)]!
    const bytes = spoilt(chosen.bytes, next)
    await codec.load([bytes])
    const what = outcome(codec, next(4) === 0 ? all[next(all.length)]! : chosen.topic, bytes)
    account[what] = (account[what] ?? 0) + 1
  }
  return account
}

function outcome(codec: Codec, as: Topic<unknown>, bytes: Buffer): string {
  try {
    codec.decode(as, bytes)
    return 'read'
  } catch (error) {
    if (error instanceof DecodeError) return error.reason
    throw new Error(`of ${bytes.toString('hex')} as ${as.name}`, { cause: error })
  }
}

type Next = (below: number) => number

function spoilt(sound: Buffer, next: Next): Buffer {
  const noise = () => Buffer.from(Array.from({ length: next(MOST_NOISE) }, () => next(256)))
  const at = next(sound.length + 1)
  const ways: (() => Buffer)[] = [
    noise,
    () => Buffer.concat([sound.subarray(0, 5), noise()]),
    () => sound,
    () => sound.subarray(0, at),
    () => Buffer.concat([sound.subarray(0, at), noise().subarray(0, 8), sound.subarray(at)]),
    () => Buffer.concat([sound.subarray(0, at), sound.subarray(at + 1 + next(4))]),
    () => flipped(sound, next),
  ]
  return ways[next(ways.length)]!()
}

function flipped(sound: Buffer, next: Next): Buffer {
  const bytes = Buffer.from(sound)
  for (let left = 1 + next(4); left > 0; left--) bytes[5 + next(Math.max(1, bytes.length - 5))] = next(256)
  return bytes
}

/** The same ones for a seed. Source: G. Marsaglia, Xorshift RNGs, 2003. */
function numbers(seed: number): Next {
  let bits = seed || 1
  return (below) => {
    bits ^= bits << 13
    bits ^= bits >>> 17
    bits ^= bits << 5
    return (bits >>> 0) % below
  }
}
