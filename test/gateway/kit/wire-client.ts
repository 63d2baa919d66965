import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { until } from '../../kit/until.ts'
import { type ServerFrames, clientFrame, opcodes, serverFrames } from './frames.ts'
import { tokenOf } from './gateway.ts'

/** A client on a bare socket, which writes whatever bytes it is given. */
export interface WireClient {
  write(bytes: string | Uint8Array): void
  /** What has come behind the handshake. */
  read(): ServerFrames
  /** The answer to the handshake, as far as it has come. */
  head(): string
  isGone(): boolean
  /** Fingerprint of the server's certificate; undefined without TLS. */
  certificate(): string | undefined
  pause(): void
  destroy(): void
}

export interface WireOptions {
  /** Speaks TLS, with whoever it is: their certificate says. */
  tls?: boolean
}

/** On a socket that is open, and has said nothing yet. */
export async function wireClient(
  t: TestContext,
  port: number,
  { tls = false }: WireOptions = {},
): Promise<WireClient> {
  const secure = tls ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }) : undefined
  const socket = secure ?? connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  const chunks: Buffer[] = []
  let isGone = false
  let isOpen = false
  socket.on(secure ? 'secureConnect' : 'connect', () => (isOpen = true))
  socket.on('data', (bytes: Buffer) => chunks.push(bytes))
  socket.on('error', () => (isGone = true)).on('close', () => (isGone = true))
  await until(() => isOpen || isGone, { what: 'the connection' })
  const received = () => Buffer.concat(chunks)
  return {
    write: (bytes) => void socket.write(bytes),
    read: () => serverFrames(received().subarray(received().indexOf('\r\n\r\n') + 4)),
    head: () => received().toString('latin1').split('\r\n\r\n')[0]!,
    isGone: () => isGone,
    certificate: () => secure?.getPeerCertificate().fingerprint256,
    pause: () => socket.pause(),
    destroy: () => socket.destroy(),
  }
}

/** The request for a WebSocket, with these headers besides. */
export const handshake = (...headers: string[]): string =>
  [
    'GET /connection/websocket HTTP/1.1',
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...headers,
    '\r\n',
  ].join('\r\n')

/** On an open WebSocket. */
export async function wireWebSocket(
  t: TestContext,
  port: number,
  options?: WireOptions,
): Promise<WireClient> {
  const wire = await wireClient(t, port, options)
  wire.write(handshake())
  await until(() => wire.head().startsWith('HTTP/1.1 101'), { what: 'the handshake' })
  return wire
}

/** Sends a command in a frame of its own. */
export const sendCommand = (wire: WireClient, command: unknown): void =>
  wire.write(clientFrame(opcodes.text, JSON.stringify(command)))

/** On an open WebSocket that is connected by a token. */
export async function wireConnected(
  t: TestContext,
  port: number,
  options?: WireOptions,
): Promise<WireClient> {
  const wire = await wireWebSocket(t, port, options)
  sendCommand(wire, { id: 1, connect: { token: await tokenOf() } })
  await until(() => wire.read().texts.length === 1, { what: 'the reply' })
  return wire
}
