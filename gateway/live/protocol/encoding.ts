import type { Publication } from './position.ts'
import type { Reply } from './replies.ts'

/** One of the two forms in which the protocol travels. */
export interface Encoding {
  readonly name: 'json' | 'protobuf'
  /** Whether its frames are binary. */
  readonly isBinary: boolean
  /**
   * Takes a frame apart into commands of the form that they have in JSON, unchecked.
   * @throws FrameError if it is empty, malformed, or has more than `maxCommands`
   */
  commandsOf(frame: Buffer, maxCommands: number): Record<string, unknown>[]
  /** One reply or push, a message that is a frame of its own or part of one. */
  encode(reply: Reply): Buffer
  /** The push of a publication; `json`: its data, if they are at hand. */
  publication(channel: string, pub: Publication, json?: string): Buffer
  /** One frame of several messages. The same ones in a row may give the same buffer. */
  join(messages: readonly Buffer[]): Buffer
}

/** A frame that is no protocol: the socket that sent it cannot be talked to. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

export const tooManyCommands = () => new FrameError('too many commands in a frame')
