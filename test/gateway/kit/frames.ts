/** RFC 6455, section 5.2. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface FrameOptions {
  /** Whether the message ends here. Default: it does. */
  fin?: boolean
  /** Whether it says that it is compressed (RFC 7692). Default: not. */
  rsv1?: boolean
  /** What its header says of its length. Default: the truth. */
  length?: number
  /** Default: as clients must. */
  masked?: boolean
}

/** A frame as a client sends it, masked by zeros. */
export function clientFrame(
  opcode: number,
  content: string | Uint8Array = '',
  options: FrameOptions = {},
): Buffer {
  const payload = Buffer.from(content)
  const { fin = true, rsv1 = false, length = payload.length, masked = true } = options
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(BigInt(length))
  const short = length < 126 ? length : length < 2 ** 16 ? 126 : 127
  const extended = short < 126 ? [] : short === 126 ? size.subarray(6) : size
  const mask = masked ? Buffer.alloc(4) : Buffer.alloc(0)
  return Buffer.concat([Buffer.from([first, (masked ? 0x80 : 0) | short, ...extended]), mask, payload])
}

export interface ServerFrames {
  /** Messages of text, of which one may hold several of the protocol's. */
  texts: string[]
  /** The same, as bytes. */
  payloads: Buffer[]
  pongs: number
  closeCode: number | undefined
}

/** Of a close frame that gives none. */
export const noCode = 1005

/** The whole frames in what a server has sent behind its handshake. */
export function serverFrames(bytes: Buffer): ServerFrames {
  const texts: string[] = []
  const payloads: Buffer[] = []
  /** Of a message that comes in several frames. */
  let parts: Buffer[] = []
  let pongs = 0
  let at = 0
  while (at + 2 <= bytes.length) {
    const { start, length } = payloadAt(bytes, at)
    if (start + length > bytes.length) break
    const payload = bytes.subarray(start, start + length)
    const opcode = bytes[at]! & 0x0f
    if (opcode === opcodes.close)
      return { texts, payloads, pongs, closeCode: payload.length < 2 ? noCode : payload.readUInt16BE(0) }
    if (opcode === opcodes.pong) pongs++
    else {
      if ((opcode === opcodes.continuation) !== parts.length > 0)
        throw new Error('a message between the parts of another')
      parts.push(payload)
      if ((bytes[at]! & 0x80) !== 0) {
        const message = Buffer.concat(parts)
        parts = []
        texts.push(...message.toString().split('\n'))
        payloads.push(message)
      }
    }
    at = start + length
  }
  return { texts, payloads, pongs, closeCode: undefined }
}

function payloadAt(bytes: Buffer, at: number): { start: number; length: number } {
  const short = bytes[at + 1]! & 0x7f
  const headerLength = short === 127 ? 10 : short === 126 ? 4 : 2
  if (at + headerLength > bytes.length) return { start: bytes.length, length: 1 }
  if (short === 127) return { start: at + 10, length: Number(bytes.readBigUInt64BE(at + 2)) }
  if (short === 126) return { start: at + 4, length: bytes.readUInt16BE(at + 2) }
  return { start: at + 2, length: short }
}
