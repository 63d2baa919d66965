import type { ClientInfo } from '../../../schemas/channels.ts'

/** A place in a channel's stream: everything up to and including `offset` has been seen. */
export interface Position {
  /** Names one life of the stream; `''` while nothing was ever published. Offsets of two epochs do not compare. */
  epoch: string
  /** Offsets count from 1 without gaps; 0 is before the first. */
  offset: number
}

/** Whether a position is one of the stream of that epoch; the empty one (no epoch, offset 0) is one of any. */
export const isSameStream = (since: Position, epoch: string): boolean =>
  since.epoch === epoch || (since.epoch === '' && since.offset === 0)

/** One published message of a stream. */
export interface Publication {
  offset: number
  data: unknown
  /** The client that published it; unset for what none has. */
  info?: ClientInfo
}
