import type { TemplatedApp, WebSocket } from 'uWebSockets.js'
import { websocketPath } from '../../../schemas/endpoints.ts'
import { type Disconnect, disconnects } from '../protocol/codes.ts'
import type { Encoding } from '../protocol/encoding.ts'
import { type HandshakeOptions, type UserData, upgrade } from './handshake.ts'
import { type ListenerOptions, openListener } from './listener.ts'
import { OpenSocket, type Traffic } from './open-socket.ts'
import { relieve } from './relief.ts'
import type { Socket, SocketLimits, SocketOwner } from './socket.ts'

export interface ServerOptions extends HandshakeOptions, ListenerOptions {
  limits: SocketLimits
  /** Has a socket that has opened belong to somebody. */
  open(socket: Socket, encoding: Encoding): SocketOwner
  /** Kept current: whose sockets are open. */
  owners: Set<SocketOwner>
  /** Milliseconds between two ticks of them. */
  tickEvery: number
  /** Counts what is given to sockets. */
  traffic: Traffic
}

export interface Server {
  port: number
  /** Takes no new sockets and closes the present ones. */
  close(disconnect: Disconnect): void
}

const LAST_WORDS_MS = 1_000

/** @throws GatewayError if the address cannot be listened on, or key and certificate are no pair. */
export async function serve(options: ServerOptions): Promise<Server> {
  const { owners, tickEvery, limits } = options
  const listener = await openListener({ ...options, addRoutes: (app) => addRoutes(app, options) })
  // After a stall of this process the answers that have come meanwhile are read first, and only then judged missing.
  const tickAll = () => {
    owners.forEach((owner) => owner.tick())
    relieve(owners, limits.maxQueuedBytesOfAll)
  }
  const sweep = setInterval(() => setImmediate(tickAll), tickEvery)
  let closed = false
  return {
    port: listener.port,
    close(disconnect) {
      if (closed) return
      closed = true
      clearInterval(sweep)
      listener.close()
      for (const owner of owners) owner.close(disconnect)
      // Those who do not read their close frame are cut off; the others are gone by then.
      setTimeout(listener.cut, LAST_WORDS_MS).unref()
    },
  }
}

function addRoutes(app: TemplatedApp, options: ServerOptions): void {
  const { owners, limits } = options
  app
    .ws<UserData>(websocketPath, {
      ...socketSettings(limits),
      upgrade: (response, request, context) => upgrade(options, response, request, context),
      open(ws) {
        const data = ws.getUserData()
        data.socket = new OpenSocket(ws, data.encoding.isBinary, options.traffic, () =>
          owners.delete(data.owner!),
        )
        data.owner = options.open(data.socket, data.encoding)
        owners.add(data.owner)
      },
      message(ws, message, isBinary) {
        const { owner, socket, frames } = ws.getUserData()
        if (socket!.isEnding) return
        if (frames.isTooHigh(performance.now())) owner!.close(disconnects.tooManyRequests)
        else if (message.byteLength > limits.maxFrameBytes) owner!.close(disconnects.messageTooBig)
        else owner!.receive(Buffer.from(message), isBinary)
      },
      ping: (ws) => countControlFrame(ws, limits),
      pong: (ws) => countControlFrame(ws, limits),
      drain(ws) {
        // Not from within this event: what is sent here and does not fit would never be drained (uWebSockets.js 20.51).
        const { owner, socket } = ws.getUserData()
        setImmediate(() => {
          socket!.drain()
          owner!.drain()
        })
      },
      close(ws) {
        const { owner, socket, release } = ws.getUserData()
        socket!.closed()
        owner!.socketClosed()
        release()
      },
    })
    .get(websocketPath, (response) => {
      response
        .writeStatus('426 Upgrade Required')
        .writeHeader('upgrade', 'websocket')
        .end('this is a WebSocket: connect by ws:// or wss://, with a client of the Centrifuge protocol\n')
    })
    .any('/*', (response) => {
      response.writeStatus('404 Not Found').end(`the gateway is at ${websocketPath}\n`)
    })
  options.addRoutes(app)
}

/** Pings of WebSocket's own the library answers by itself, whether the answers are read or not. */
function countControlFrame(ws: WebSocket<UserData>, { maxQueuedBytes }: SocketLimits): void {
  const { owner, socket, frames } = ws.getUserData()
  const isOver = ws.getBufferedAmount() > maxQueuedBytes
  if (socket!.isEnding) {
    if (isOver) ws.close()
  } else if (frames.isTooHigh(performance.now())) owner!.close(disconnects.tooManyRequests)
  else if (isOver) owner!.close(disconnects.slow)
}

/** Silence of TCP after which the library closes: pings of ours come far more often. */
const IDLE_TIMEOUT_SECONDS = 120

function socketSettings({ maxFrameBytes }: SocketLimits) {
  return {
    // A frame somewhat too big is closed by its documented code; a huge one is not even read to its end.
    maxPayloadLength: 2 * maxFrameBytes,
    // Our own queue is the bound: the library would drop frames and go on.
    maxBackpressure: 0,
    idleTimeout: IDLE_TIMEOUT_SECONDS,
    sendPingsAutomatically: false,
  }
}
