import { randomUUID } from 'node:crypto'
import type { TemplatedApp, WebSocket } from 'uWebSockets.js'
import { websocketPath } from '../../../schemas/endpoints.ts'
import { type Disconnect, disconnects } from '../protocol/codes.ts'
import type { SessionContext, Socket } from '../sessions/session-context.ts'
import { type HandshakeOptions, type UserData, upgrade } from './handshake.ts'
import { type TlsFiles, openListener } from './listener.ts'
import { Session } from '../sessions/session.ts'

export interface ServerOptions extends HandshakeOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  /** Kept current: the open sockets. */
  sessions: Set<Session>
  /** Milliseconds between two looks at what is due on each socket. */
  tickEvery: number
  /** What else is served. */
  addRoutes(app: TemplatedApp): void
  /** Serves by TLS, with what these files hold. */
  tls?: TlsFiles
  /** Milliseconds between two looks whether they have changed. */
  tlsLookEvery: number
}

export interface Server {
  port: number
  /** Takes no new sockets and closes the present ones. */
  close(disconnect: Disconnect): void
}

/** @throws GatewayError if the address cannot be listened on. */
export async function serve(options: ServerOptions): Promise<Server> {
  const { sessions, tickEvery, context } = options
  const listener = await openListener({
    ...{ ...options, lookEvery: options.tlsLookEvery, log: context.log },
    addRoutes: (app) => addRoutes(app, options),
  })
  // After a stall of this process the answers that have come meanwhile are read first, and only then judged missing.
  const tickAll = () => sessions.forEach((session) => session.tick())
  const sweep = setInterval(() => setImmediate(tickAll), tickEvery)
  let closed = false
  return {
    port: listener.port,
    close(disconnect) {
      if (closed) return
      closed = true
      clearInterval(sweep)
      listener.close()
      for (const session of sessions) session.close(disconnect)
      // Those who do not read their close frame are cut off; the others are gone by then.
      setTimeout(listener.cut, lastWordsMs).unref()
    },
  }
}

const lastWordsMs = 1_000

function addRoutes(app: TemplatedApp, options: ServerOptions): void {
  const { sessions, context } = options
  app
    .ws<UserData>(websocketPath, {
      ...socketSettings(context),
      upgrade: (response, request, socketContext) => upgrade(options, response, request, socketContext),
      open(ws) {
        const data = ws.getUserData()
        const socket = new OpenSocket(ws, context.metrics.traffic)
        const session = new Session(randomUUID(), data.encoding, socket, context)
        data.session = session
        sessions.add(session)
      },
      message(ws, message, isBinary) {
        const { session, frames } = ws.getUserData()
        if (frames.isTooHigh(performance.now())) session!.close(disconnects.tooManyRequests)
        else session!.receive(Buffer.from(message), isBinary)
      },
      ping: (ws) => countControlFrame(ws, context),
      pong: (ws) => countControlFrame(ws, context),
      drain(ws) {
        // Not from within this event: what is sent here and does not fit would never be drained (uWebSockets.js 20.51).
        const session = ws.getUserData().session!
        setImmediate(() => session.drain())
      },
      close(ws) {
        const session = ws.getUserData().session!
        sessions.delete(session)
        session.socketClosed()
        ws.getUserData().release()
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
function countControlFrame(ws: WebSocket<UserData>, { limits }: SessionContext): void {
  const { session, frames } = ws.getUserData()
  if (frames.isTooHigh(performance.now())) session!.close(disconnects.tooManyRequests)
  else if (ws.getBufferedAmount() > limits.maxQueuedBytes) session!.close(disconnects.slow)
}

/** Half an hour of TCP silence would be long; pings of ours come far more often than this. */
const idleTimeoutSeconds = 120

function socketSettings({ limits }: SessionContext) {
  return {
    // A frame somewhat too big is closed by its documented code; a huge one is not even read to its end.
    maxPayloadLength: 2 * limits.maxFrameBytes,
    // Our own queue is the bound: the library would drop frames and go on.
    maxBackpressure: 0,
    idleTimeout: idleTimeoutSeconds,
    sendPingsAutomatically: false,
  }
}

type Traffic = Pick<SessionContext['metrics']['traffic'], 'messages' | 'bytes'>

/** A socket of the library's. Of a class, since there are ten thousands of them. */
class OpenSocket implements Socket {
  readonly #ws: WebSocket<UserData>
  readonly #isBinary: boolean
  readonly #traffic: Traffic

  constructor(ws: WebSocket<UserData>, traffic: Traffic) {
    this.#ws = ws
    this.#isBinary = ws.getUserData().encoding.isBinary
    this.#traffic = traffic
  }

  send(frame: Buffer): void {
    this.#traffic.messages++
    this.#traffic.bytes += frame.length
    this.#ws.send(frame, this.#isBinary)
  }

  buffered(): number {
    return this.#ws.getBufferedAmount()
  }

  end({ code, reason }: Disconnect): void {
    this.#ws.end(code, reason)
  }
}
