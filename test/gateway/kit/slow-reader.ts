import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { until } from '../../kit/until.ts'
import { clientFrame, opcodes, serverFrames } from './frames.ts'
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
  let chunks: Buffer[] = []
  let ended = false
  socket.on('data', (bytes: Buffer) => chunks.push(bytes))
  socket.on('error', () => (ended = true)).on('close', () => (ended = true))
  socket.write(
    `GET /connection/websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  )
  const received = () => {
    const all = Buffer.concat(chunks)
    chunks = [all]
    return all
  }
  const parsed = () => serverFrames(received().subarray(received().indexOf('\r\n\r\n') + 4))
  await until(() => received().includes('\r\n\r\n'), { what: 'the handshake' })
  const command = (value: unknown) => socket.write(clientFrame(opcodes.text, JSON.stringify(value)))
  command({ id: 1, connect: { token: await tokenOf() } })
  command({ id: 2, subscribe: { channel } })
  await until(() => parsed().texts.length === 2, { what: 'both replies' })
  return {
    stopReading: () => socket.pause(),
    readAgain: () => socket.resume(),
    closeCode: () => parsed().closeCode,
    frames: () => parsed().texts,
    ended: () => ended,
  }
}
