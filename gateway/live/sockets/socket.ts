import type { Disconnect } from '../protocol/codes.ts'

/** The socket of one client. */
export interface Socket {
  /** Takes the whole frame; what the kernel does not take at once counts as buffered. */
  send(frame: Buffer): void
  /** Bytes taken and not yet handed to the kernel. */
  buffered(): number
  /** Closes with a code and a reason; nothing may be sent afterwards. */
  end(disconnect: Disconnect): void
}

/** Whose socket it is, from its opening to its close. */
export interface SocketOwner {
  /** Bytes that wait for the client. */
  readonly queuedBytes: number
  /** A frame came, of no more bytes than allowed. They are valid during this call alone. */
  receive(frame: Buffer, isBinary: boolean): void
  /** The socket can take more. */
  drain(): void
  /** Does what is due by now: called again and again. */
  tick(): void
  /** Closes the socket from this side. */
  close(disconnect: Disconnect): void
  /** The socket is closed, whoever did it. */
  socketClosed(): void
}

/** What one socket may have, and all together. */
export interface SocketLimits {
  maxFrameBytes: number
  /** Pings and pongs included. */
  maxFramesPerSecond: number
  /** Bytes that wait for its client. A single message is taken whatever its size if nothing else waits. */
  maxQueuedBytes: number
  /** Bytes that wait for all clients together, as seen at each tick. */
  maxQueuedBytesOfAll: number
  /** Milliseconds for which its client may read nothing of what waits. */
  maxQueuedMs: number
}
