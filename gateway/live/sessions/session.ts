import { nameOfChannel } from '../../../schemas/channels.ts'
import type { Identity } from '../access/auth.ts'
import { CannotTell, TokenExpired, TokenInvalid } from '../access/refusals.ts'
import type { Joined, Subscriber } from '../channels/channel-hub.ts'
import { disconnects, errors, unsubscribes, type Disconnect, type ErrorReply } from '../protocol/codes.ts'
import { parseFrame, type Command } from '../protocol/commands.ts'
import { FrameError, type Encoding } from '../protocol/encoding.ts'
import { InOrder } from './in-order.ts'
import { Lifetime } from './lifetime.ts'
import { OutboundQueue } from '../sockets/outbound-queue.ts'
import type { Reply, Result, SubscribeResult } from '../protocol/replies.ts'
import type { SessionContext, Socket } from './session-context.ts'
import { Subscriptions } from './subscriptions.ts'

type Request = Exclude<Command, { kind: 'pong' }>

const maxTtlSeconds = 2 ** 31 - 1

/**
 * One socket, from opening to close. Its first command is connect; commands are answered one after the other, in the
 * order in which they came, and pushes go in between.
 */
export class Session implements Subscriber {
  readonly id: string
  readonly encoding: Encoding
  readonly #socket: Socket
  readonly #context: SessionContext
  readonly #queue: OutboundQueue
  readonly #lifetime: Lifetime
  readonly #requests: InOrder
  readonly #subscriptions: Subscriptions
  #identity: Identity | undefined
  #closed = false

  constructor(id: string, encoding: Encoding, socket: Socket, context: SessionContext) {
    const { limits, times, now } = context
    this.id = id
    this.encoding = encoding
    this.#socket = socket
    this.#context = context
    this.#queue = new OutboundQueue({
      outlet: socket,
      maxBytes: limits.maxQueuedBytes,
      onOverflow: () => this.close(disconnects.slow),
    })
    this.#lifetime = new Lifetime(times, now())
    this.#requests = new InOrder(limits.maxPendingCommands)
    this.#subscriptions = new Subscriptions({
      ...{ hubs: context.hubs, presence: context.presence, log: context.log },
      ...{ subscriber: this, max: limits.maxSubscriptions },
      placeOf: (channel) => context.placeOf(channel, this.#identity!.listener),
    })
  }

  /** A frame came. */
  receive(frame: Buffer, isBinary: boolean): void {
    const { limits } = this.#context
    if (isBinary !== this.encoding.isBinary) {
      this.badRequest(`${isBinary ? 'binary' : 'text'} frames are not spoken in ${this.encoding.name}`)
      return
    }
    if (frame.length > limits.maxFrameBytes) {
      this.close(disconnects.messageTooBig)
      return
    }
    try {
      for (const command of parseFrame(this.encoding, frame, limits)) this.#accept(command)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.badRequest(error.message)
    }
  }

  /** What came has no meaning in the protocol. */
  badRequest(why: string): void {
    const { code, reason } = disconnects.badRequest
    this.close({ code, reason: `${reason}: ${why}` })
  }

  /** The socket can take more. */
  drain(): void {
    this.#queue.drain()
  }

  /** Does what is due by now. */
  tick(): void {
    const due = this.#lifetime.due(this.#context.now())
    if (due === 'ping') this.#send({})
    else if (due) this.close(due)
  }

  /** Closes if its token has been revoked meanwhile. */
  checkToken(): void {
    if (this.#identity === undefined || this.#closed) return
    try {
      this.#context.checkRevoked(this.#identity)
    } catch (error) {
      this.close(error instanceof TokenExpired ? disconnects.expired : disconnects.invalidToken)
    }
  }

  push(frame: Buffer): void {
    this.#queue.write(frame)
  }

  lost(place: string): void {
    const channel = nameOfChannel(place)
    this.#subscriptions.lost(channel)
    this.#send({ push: { channel, unsubscribe: unsubscribes.insufficientState } })
  }

  /** Closes from this side. */
  close(disconnect: Disconnect): void {
    if (this.#closed) return
    this.#release(disconnect)
    this.#socket.end(disconnect)
  }

  /** The socket is closed, whoever did it. */
  socketClosed(): void {
    if (!this.#closed) this.#release(disconnects.connectionClosed)
  }

  #release({ code, reason }: Disconnect): void {
    this.#closed = true
    this.#queue.kill()
    this.#subscriptions.removeAll()
    this.#context.roster.leave(this)
    this.#context.metrics.disconnected(code)
    this.#context.log.debug({ client: this.id, code, reason }, 'disconnected')
  }

  #accept(command: Command): void {
    if (command.kind === 'pong') this.#lifetime.pong()
    else if (!this.#requests.add(() => this.#answer(command)))
      this.#refuse(command.id, errors.tooManyRequests)
  }

  async #answer(request: Request): Promise<void> {
    if (this.#closed) return
    const connects = request.kind === 'connect'
    if (connects === (this.#identity !== undefined)) {
      this.badRequest(connects ? 'connected already' : 'the first command is connect')
      return
    }
    try {
      if (await this.#isTooMuch()) this.#refuse(request.id, errors.tooManyRequests)
      else await this.#handle(request)
    } catch (error) {
      if (error instanceof TokenInvalid) {
        this.#context.log.debug({ client: this.id, why: error.message }, 'refused a token')
        this.close(disconnects.invalidToken)
      } else if (error instanceof CannotTell) this.#refuse(request.id, errors.internal)
      else {
        this.#context.log.error({ client: this.id, err: error }, 'a command failed')
        this.close(disconnects.serverError)
      }
    }
  }

  /** Whether its listener gives more commands than they may; connecting counts elsewhere. */
  async #isTooMuch(): Promise<boolean> {
    const { limiter } = this.#context
    return this.#identity !== undefined && !(await limiter.mayCommand(this.#identity.listener))
  }

  async #handle(request: Request): Promise<void> {
    const { id } = request
    switch (request.kind) {
      case 'connect':
        await this.#connect(id, request.token)
        break
      case 'refresh':
        await this.#refresh(id, request.token)
        break
      case 'subscribe':
        await this.#subscribe(request)
        break
      case 'unsubscribe':
        this.#subscriptions.remove(request.channel)
        this.#reply(id, { unsubscribe: {} })
        break
      case 'ping':
        this.#reply(id, { ping: {} })
        break
      case 'rpc':
        await this.#call(request)
        break
      case 'malformed':
        this.#refuse(id, errors.badRequest)
        break
      case 'unavailable':
        this.#refuse(id, errors.notAvailable)
        break
      case 'unknown':
        this.#refuse(id, errors.methodNotFound)
    }
  }

  async #connect(id: number, token: string): Promise<void> {
    const identity = await this.#verified(token)
    if (!identity) {
      this.#refuse(id, errors.tokenExpired)
      return
    }
    const { now, times, version, roster } = this.#context
    if (!(await roster.enter(this, identity.listener))) {
      this.close(disconnects.connectionLimit)
      return
    }
    // Closed meanwhile: that leave came before there was anything to leave.
    if (this.#closed) roster.leave(this)
    this.#identity = identity
    this.#lifetime.connected(now(), identity.expiresAt)
    // It may have been revoked since it was verified.
    this.checkToken()
    const ping = Math.ceil(times.pingEvery / 1000)
    const data = { listener: identity.listener }
    this.#reply(id, {
      connect: { client: this.id, version, ...this.#lease(identity), ping, pong: true, data },
    })
  }

  async #refresh(id: number, token: string): Promise<void> {
    const identity = await this.#verified(token)
    if (!identity) {
      this.close(disconnects.expired)
      return
    }
    if (identity.listener !== this.#identity?.listener)
      throw new TokenInvalid('another subject than at connect')
    this.#identity = identity
    this.#lifetime.refreshed(identity.expiresAt)
    const { version } = this.#context
    this.#reply(id, { refresh: { client: this.id, version, ...this.#lease(identity) } })
  }

  /** Undefined if the token is right and over. @throws TokenInvalid. */
  async #verified(token: string): Promise<Identity | undefined> {
    try {
      return await this.#context.verify(token)
    } catch (error) {
      if (error instanceof TokenExpired) return undefined
      throw error
    }
  }

  #lease({ expiresAt }: Identity): { expires: true; ttl: number } {
    const seconds = Math.floor((expiresAt - this.#context.now()) / 1000)
    return { expires: true, ttl: Math.min(Math.max(seconds, 1), maxTtlSeconds) }
  }

  async #call({ id, method, data }: Extract<Request, { kind: 'rpc' }>): Promise<void> {
    const refused = await this.#context.call(this.#identity!, method, data)
    if (refused) this.#refuse(id, refused)
    else this.#reply(id, { rpc: { data: {} } })
  }

  async #subscribe({ id, channel, since }: Extract<Request, { kind: 'subscribe' }>): Promise<void> {
    const refused = await this.#subscriptions.add(channel, since, (joined) => {
      this.#reply(id, { subscribe: this.#subscribed(joined) })
    })
    if (refused) this.#refuse(id, refused)
  }

  #subscribed({ epoch, offset, publications, recovered }: Joined): SubscribeResult {
    const result: SubscribeResult = { recoverable: true, positioned: true, epoch, offset }
    if (recovered === undefined) return publications.length === 0 ? result : { ...result, publications }
    this.#context.metrics.recovery(recovered)
    return { ...result, was_recovering: true, recovered, publications }
  }

  #reply(id: number, result: Result): void {
    this.#send({ id, ...result })
  }

  #refuse(id: number, error: ErrorReply): void {
    if (this.#closed) return
    this.#context.metrics.refused(error.code)
    this.#send({ id, error })
  }

  #send(reply: Reply): void {
    this.push(this.encoding.encode(reply))
  }
}
