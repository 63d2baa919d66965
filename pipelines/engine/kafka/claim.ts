import { decoderOf, encoder } from './protocol.ts'

/** What a member of a group has: the partition indexes that it was given, and in which generation of the group. */
export interface Claim {
  /** -1 if it has not been given anything yet. */
  generation: number
  indexes: number[]
}

const VERSION = 1
const NOTHING: Claim = { generation: -1, indexes: [] }

/** User Data => version INT16, generation INT32, [index INT32] */
export function encodeClaim({ generation, indexes }: Claim): Buffer {
  const data = encoder().writeInt16(VERSION).writeInt32(generation).writeInt32(indexes.length)
  for (const index of indexes) data.writeInt32(index)
  return data.buffer
}

/** What a member says it has; nothing, if it is of another version and says it in another way, or not at all. */
export function decodeClaim(userData: Buffer | undefined): Claim {
  if (userData === undefined || userData.length < 2) return NOTHING
  const decoder = decoderOf(userData)
  if (decoder.readInt16() !== VERSION) return NOTHING
  return { generation: decoder.readInt32(), indexes: decoder.readArray((each) => each.readInt32()) }
}
