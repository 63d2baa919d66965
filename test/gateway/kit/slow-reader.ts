import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { until } from '../../kit/until.ts'
import { tokenOf } from './gateway.ts'

/** A client on a bare TCP socket, which can stop reading: WebSocket libraries read on whatever their user does. */
export interface SlowReader {
  stopReading(): void
  readAgain(): void
  /** Code of the close frame, once read. */
  closeCode(): number | undefined
  /** Messages of text frames read so far. */
  frames(): string[]
  ended(): boolean
}

/** Connects and subscribes to a channel. */
export async function slowReader(t: TestContext, port: number, channel: string): Promise<SlowReader> {
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  let received = Buffer.alloc(0)
  let ended = false
  socket.on('data', (bytes) => (received = Buffer.concat([received, bytes])))
  socket.on('error', () => (ended = true)).on('close', () => (ended = true))
  socket.write(
    `GET /connection/websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  )
  const parsed = () => serverFrames(received.subarray(received.indexOf('\r\n\r\n') + 4))
  await until(() => received.includes('\r\n\r\n'), { what: 'the handshake' })
  socket.write(clientFrame({ id: 1, connect: { token: await tokenOf() } }))
  socket.write(clientFrame({ id: 2, subscribe: { channel } }))
  await until(() => parsed().texts.length === 2, { what: 'both replies' })
  return {
    stopReading: () => socket.pause(),
    readAgain: () => socket.resume(),
    closeCode: () => parsed().closeCode,
    frames: () => parsed().texts,
    ended: () => ended,
  }
}

/** A masked text frame of less than 64 KiB. */
function clientFrame(command: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(command))
  const header = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff])
  const mask = Buffer.alloc(4)
  return Buffer.concat([header, mask, payload])
}

function serverFrames(bytes: Buffer): { texts: string[]; closeCode: number | undefined } {
  const texts: string[] = []
  let at = 0
  while (at + 2 <= bytes.length) {
    const { start, length } = payloadAt(bytes, at)
    if (start + length > bytes.length) break
    const payload = bytes.subarray(start, start + length)
    const opcode = bytes[at]! & 0x0f
    if (opcode === 8) return { texts, closeCode: payload.readUInt16BE(0) }
    texts.push(...payload.toString().split('\n'))
    at = start + length
  }
  return { texts, closeCode: undefined }
}

function payloadAt(bytes: Buffer, at: number): { start: number; length: number } {
  const short = bytes[at + 1]! & 0x7f
  const headerLength = short === 127 ? 10 : short === 126 ? 4 : 2
  if (at + headerLength > bytes.length) return { start: bytes.length, length: 1 }
  if (short === 127) return { start: at + 10, length: Number(bytes.readBigUInt64BE(at + 2)) }
  if (short === 126) return { start: at + 4, length: bytes.readUInt16BE(at + 2) }
  return { start: at + 2, length: short }
}
