import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js'
import type { Admission, Door, Limits, Refusal } from '../limits/limits.ts'
import type { Encoding } from '../protocol/encoding.ts'
import { agreedEncoding } from '../protocol/encodings.ts'
import { FrameRate } from './frame-rate.ts'
import type { OpenSocket } from './open-socket.ts'
import { remedyFor } from './origin.ts'
import type { SocketLimits, SocketOwner } from './socket.ts'

export interface HandshakeOptions {
  originAllowed(origin: string): boolean
  /** Somebody was refused for it. */
  onForeign(origin: string): void
  /** Why this node takes no sockets any more; undefined if it does. */
  refusal(): string | undefined
  /** Bounds how many come at once. */
  door: Door
  /** Knows whether a client may open a socket. */
  limiter: Pick<Limits, 'admit'>
  limits: Pick<SocketLimits, 'maxFramesPerSecond'>
}

/** What a socket is opened with. */
export interface UserData {
  encoding: Encoding
  /** This and the next are set as it opens. */
  owner: SocketOwner | undefined
  socket: OpenSocket | undefined
  /** How many have come. */
  frames: FrameRate
  /** To be called when the socket is gone. */
  release(): void
}

/** Makes a socket of a request, or says by HTTP why not: the origin, this node, or the limits for its client. */
export function upgrade(
  { originAllowed, onForeign, refusal, door, limiter, limits }: HandshakeOptions,
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
): void {
  const origin = request.getHeader('origin')
  if (!originAllowed(origin)) {
    onForeign(origin)
    response.writeStatus('403 Forbidden').end(`this origin may not connect: ${remedyFor(origin)}\n`)
    return
  }
  const why = refusal()
  if (why !== undefined) {
    refuse(response, { status: '503 Service Unavailable', retryAfterSeconds: 1, why })
    return
  }
  const caller = {
    address: Buffer.from(response.getRemoteAddressAsText()).toString(),
    forwardedFor: () => allOf(request, 'x-forwarded-for'),
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
    response.upgrade<UserData>(
      { encoding, owner: undefined, socket: undefined, frames, release },
      ...handshake,
    )
  decide(response, limiter.admit(caller, door), open)
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
    // Not corked: the library would now and then take the socket for a request that is answered, and close it (20.51).
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
