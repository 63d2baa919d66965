import { randomUUID } from 'node:crypto'
import {
  type HttpRequest,
  type HttpResponse,
  type TemplatedApp,
  type us_socket_context_t,
  type WebSocket,
} from 'uWebSockets.js'
import { websocketPath } from '../../../schemas/endpoints.ts'
import type { Admission, Limits, Refusal } from '../limits/limits.ts'
import { type Disconnect, disconnects } from '../protocol/codes.ts'
import type { Encoding } from '../protocol/encoding.ts'
import { agreedEncoding } from '../protocol/encodings.ts'
import type { SessionContext, Socket } from '../sessions/session-context.ts'
import { FrameRate } from './frame-rate.ts'
import { type TlsFiles, openListener } from './listener.ts'
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
  addRoutes(app: TemplatedApp): void
  /** Why no further socket is taken right now, by this node; undefined if one is. */
  refusal(): string | undefined
  /** Knows whether a client may open a socket. */
  limiter: Pick<Limits, 'admit'>
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

interface UserData {
  encoding: Encoding
  session: Session | undefined
  /** How many have come. */
  frames: FrameRate
  /** To be called when the socket is gone. */
  release(): void
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
        const socket = socketOf(ws, context.metrics.traffic)
        const session = new Session(randomUUID(), data.encoding, socket, context)
        data.session = session
        sessions.add(session)
      },
      message(ws, message, isBinary) {
        const { session, frames } = ws.getUserData()
        if (frames.isTooHigh(context.now())) session!.close(disconnects.tooManyRequests)
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
    .any('/*', (response) => {
      response.writeStatus('404 Not Found').end(`the gateway is at ${websocketPath}\n`)
    })
  options.addRoutes(app)
}

/** Pings of WebSocket's own the library answers by itself, whether the answers are read or not. */
function countControlFrame(ws: WebSocket<UserData>, { limits, now }: SessionContext): void {
  const { session, frames } = ws.getUserData()
  if (frames.isTooHigh(now())) session!.close(disconnects.tooManyRequests)
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

function upgrade(
  { originAllowed, refusal, limiter, context: { limits } }: ServerOptions,
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
  const why = refusal()
  if (why !== undefined) {
    refuse(response, { status: '503 Service Unavailable', retryAfterSeconds: 1, why })
    return
  }
  const caller = {
    address: Buffer.from(response.getRemoteAddressAsText()).toString(),
    forwardedFor: allOf(request, 'x-forwarded-for'),
  }
  const { encoding, subprotocol } = agreedEncoding(
    request.getHeader('sec-websocket-protocol'),
    request.getQuery(),
  )
  // The request is gone once this function returns.
  const handshake = [
    request.getHeader('sec-websocket-key'),
    subprotocol,
    request.getHeader('sec-websocket-extensions'),
    context,
  ] as const
  const frames = new FrameRate(limits.maxFramesPerSecond)
  const open = (release: () => void) =>
    response.upgrade<UserData>({ encoding, session: undefined, frames, release }, ...handshake)
  decide(response, limiter.admit(caller), open)
}

/** Opens the socket of who is admitted, as soon as that is known. */
function decide(
  response: HttpResponse,
  admission: Admission | Promise<Admission>,
  open: (release: () => void) => void,
): void {
  if (!(admission instanceof Promise)) {
    if ('release' in admission) open(admission.release)
    else refuse(response, admission.refusal)
    return
  }
  let isGone = false
  response.onAborted(() => (isGone = true))
  void admission.then((admitted) => {
    if (!('release' in admitted)) {
      if (!isGone) response.cork(() => refuse(response, admitted.refusal))
    } else if (isGone) admitted.release()
    // Not corked: the library then takes the socket for a request that is answered, now and then, and closes it (20.51).
    else open(admitted.release)
  })
}

function refuse(response: HttpResponse, { status, retryAfterSeconds, why }: Refusal): void {
  response.writeStatus(status).writeHeader('retry-after', String(retryAfterSeconds)).end(`${why}\n`)
}

/** A header that may come several times, as a list: each proxy may write its own. */
function allOf(request: HttpRequest, name: string): string {
  const values: string[] = []
  request.forEach((each, value) => each === name && values.push(value))
  return values.join(',')
}

function socketOf(ws: WebSocket<UserData>, traffic: { messages: number; bytes: number }): Socket {
  const { isBinary } = ws.getUserData().encoding
  return {
    send(frame) {
      traffic.messages++
      traffic.bytes += frame.length
      ws.send(frame, isBinary)
    },
    buffered: () => ws.getBufferedAmount(),
    end: ({ code, reason }) => ws.end(code, reason),
  }
}
