import { randomUUID } from 'node:crypto'
import {
  App,
  us_listen_socket_close,
  us_socket_local_port,
  type HttpRequest,
  type HttpResponse,
  type TemplatedApp,
  type us_listen_socket,
  type us_socket_context_t,
  type WebSocket,
} from 'uWebSockets.js'
import { websocketPath } from '../../../schemas/endpoints.ts'
import type { Disconnect } from '../protocol/codes.ts'
import type { SessionContext, Socket } from '../sessions/session-context.ts'
import { GatewayError } from '../errors.ts'
import { noOrigin } from './origin.ts'
import { Session } from '../sessions/session.ts'

export interface ServerOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  /** Kept current: the open sockets. */
  sessions: Set<Session>
  /** Milliseconds between two looks at what is due on each socket. */
  tickEvery: number
  originAllowed(origin: string): boolean
  context: SessionContext
  /** What else is served. */
  addRoutes?(app: TemplatedApp): void
  /** Why no further socket is taken right now, by this node; undefined if one is. */
  refusal?(): string | undefined
}

export interface Server {
  port: number
  /** Takes no new sockets and closes the present ones. */
  close(disconnect: Disconnect): void
}

interface UserData {
  session: Session | undefined
}

/** @throws GatewayError if the address cannot be listened on. */
export async function serve(options: ServerOptions): Promise<Server> {
  const { host, port, sessions, tickEvery, context } = options
  const app = App()
    .ws<UserData>(websocketPath, {
      ...socketSettings(context),
      upgrade: (response, request, socketContext) => upgrade(options, response, request, socketContext),
      open(ws) {
        const session = new Session(randomUUID(), socketOf(ws, context.metrics.traffic), context)
        ws.getUserData().session = session
        sessions.add(session)
      },
      message(ws, message, isBinary) {
        const session = ws.getUserData().session!
        if (isBinary) session.badRequest('binary frames are not spoken here')
        else session.receive(Buffer.from(message).toString(), message.byteLength)
      },
      drain(ws) {
        // Not from within this event: what is sent here and does not fit would never be drained (uWebSockets.js 20.51).
        const session = ws.getUserData().session!
        setImmediate(() => session.drain())
      },
      close(ws) {
        const session = ws.getUserData().session!
        sessions.delete(session)
        session.socketClosed()
      },
    })
    .any('/*', (response) => {
      response.writeStatus('404 Not Found').end(`the gateway is at ${websocketPath}\n`)
    })
  options.addRoutes?.(app)

  const listening = await listen(app, host, port)
  // After a stall of this process the answers that have come meanwhile are read first, and only then judged missing.
  const tickAll = () => sessions.forEach((session) => session.tick())
  const sweep = setInterval(() => setImmediate(tickAll), tickEvery)
  let closed = false
  return {
    port: us_socket_local_port(listening),
    close(disconnect) {
      if (closed) return
      closed = true
      clearInterval(sweep)
      us_listen_socket_close(listening)
      for (const session of sessions) session.close(disconnect)
      // Those who do not read their close frame are cut off; the others are gone by then.
      setTimeout(() => app.close(), lastWordsMs).unref()
    },
  }
}

const lastWordsMs = 1_000

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

function upgrade(
  { originAllowed, refusal }: ServerOptions,
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
): void {
  const origin = request.getHeader('origin')
  if (!originAllowed(origin)) {
    const entry = origin === '' ? `"${noOrigin}", for clients that are no browsers,` : 'it'
    response
      .writeStatus('403 Forbidden')
      .end(`this origin may not connect: add ${entry} to the allowed origins\n`)
    return
  }
  const why = refusal?.()
  if (why !== undefined) {
    response.writeStatus('503 Service Unavailable').writeHeader('retry-after', '1').end(`${why}\n`)
    return
  }
  const data: UserData = { session: undefined }
  const protocol = request.getHeader('sec-websocket-protocol')
  response.upgrade(
    data,
    request.getHeader('sec-websocket-key'),
    // Clients that speak Protobuf ask for it by name: left unanswered, they know that it is not spoken here.
    protocol === 'centrifuge-json' ? protocol : '',
    request.getHeader('sec-websocket-extensions'),
    context,
  )
}

function socketOf(ws: WebSocket<UserData>, traffic: { messages: number; bytes: number }): Socket {
  return {
    send(frame) {
      traffic.messages++
      traffic.bytes += frame.length
      ws.send(frame, false)
    },
    buffered: () => ws.getBufferedAmount(),
    end: ({ code, reason }) => ws.end(code, reason),
  }
}

/** The library lets two processes share a port unless told not to; its types do not know this overload. */
interface ExclusiveListen {
  listen(
    host: string,
    port: number,
    options: number,
    listening: (socket: us_listen_socket | false) => void,
  ): unknown
}

const exclusivePort = 1
const whyNot = 'it is in use, or no address of this machine; choose another'

function listen(app: unknown, host: string, port: number): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    ;(app as ExclusiveListen).listen(host, port, exclusivePort, (socket) => {
      if (socket) resolve(socket)
      else reject(new GatewayError('port', `cannot listen on ${host}:${port}: ${whyNot}`))
    })
  })
}
