import { type Socket, connect } from 'node:net'
import { randomBytes } from 'node:crypto'

/** The bytes of one message a line, `frames` of it a time. */
export interface Taken {
  /** Called for each text frame with its payload, which lives for the time of the call. */
  frame(payload: Buffer): void
  closed(code: number | undefined): void
}

export interface BareSocket {
  send(text: string): void
  /** Without a word, as if the process were killed. */
  destroy(): void
}

const OPCODE = 0x0f
const CLOSE = 8
const [MASKED, LONG, HUGE] = [0x80, 126, 127]

/** A WebSocket client that takes no more memory or time than it must: ten thousand of them live in one process. */
export function bareSocket(port: number, path: string, taken: Taken): Promise<BareSocket> {
  let read: Read
  const onread = {
    buffer: SHARED,
    callback(length: number) {
      read(SHARED.subarray(0, length))
      return true
    },
  }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
  socket.on('error', () => undefined)
  const request = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
  ]
  socket.write(`${request.join('\r\n')}\r\n\r\n`)
  return new Promise((resolve, reject) => {
    let head = ''
    read = (bytes) => {
      head += bytes.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!head.startsWith('HTTP/1.1 101')) reject(new Error(`no WebSocket: ${head.slice(0, end)}`))
      read = framesOf(socket, taken)
      read(Buffer.from(head.slice(end + 4), 'latin1'))
      resolve({ send: (text) => socket.write(masked(text)), destroy: () => socket.destroy() })
    }
    socket.once('error', reject)
  })
}

/** Takes bytes, which live for the time of the call. */
type Read = (bytes: Buffer) => void

/** What all sockets read into, one after the other. */
const SHARED = Buffer.alloc(64 * 1024)

/** Takes the frames of a server out of its bytes. */
function framesOf(socket: Socket, { frame, closed }: Taken): Read {
  let rest = Buffer.alloc(0)
  let code: number | undefined
  socket.on('close', () => closed(code))
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    let at = 0
    while (at + 2 <= all.length) {
      const short = all[at + 1]!
      const start = at + (short === HUGE ? 10 : short === LONG ? 4 : 2)
      if (start > all.length) break
      const length =
        short === HUGE
          ? Number(all.readBigUInt64BE(at + 2))
          : short === LONG
            ? all.readUInt16BE(at + 2)
            : short
      if (start + length > all.length) break
      const payload = all.subarray(start, start + length)
      if ((all[at]! & OPCODE) === CLOSE) code = payload.readUInt16BE(0)
      else frame(payload)
      at = start + length
    }
    rest = at === all.length ? Buffer.alloc(0) : Buffer.from(all.subarray(at))
  }
}

/** A text frame of a client of less than 64 KiB, under a mask of zeroes. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text)
  const header =
    payload.length < LONG
      ? [0x81, MASKED | payload.length]
      : [0x81, MASKED | LONG, payload.length >> 8, payload.length & 0xff]
  return Buffer.concat([Buffer.from(header), Buffer.alloc(4), payload])
}
