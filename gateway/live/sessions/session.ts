import { randomUUID } from 'node:crypto'
import { nameOfChannel, type ClientInfo } from '../../../schemas/channels.ts'
import { unlessExpired, type Identity } from '../access/token-verifiers.ts'
import { CannotTell, TokenInvalid, refusalOf } from '../access/refusals.ts'
import { disconnects, errors, unsubscribes, type Disconnect, type ErrorReply } from '../protocol/codes.ts'
import { parseFrame, type Command } from '../protocol/commands.ts'
import { FrameError, type Encoding } from '../protocol/encoding.ts'
import type { Answer, Reply } from '../protocol/replies.ts'
import { OutboundQueue, type QueueOwner } from '../sockets/outbound-queue.ts'
import type { Socket, SocketOwner } from '../sockets/socket.ts'
import { answerInChannel } from './channel-commands.ts'
import { InOrder } from './in-order.ts'
import { Lifetime } from './lifetime.ts'
import { expiryOf } from './results.ts'
import { joinNamed, joinNow } from './server-side.ts'
import type { SessionContext } from './session-context.ts'
import { Subscriptions, type SubscriptionsOwner } from './subscriptions.ts'

type Request = Exclude<Command, { kind: 'pong' | 'send' }>

/** What clients are told that they speak to. */
const version = 'continuo'

/** Tokens that a socket may try: SDKs try one, and no limit of a listener's counts what nobody has connected by. */
const MOST_CONNECTS = 10

/**
 * A client, from the opening of its socket to the close. Its first command is connect; commands are answered one after
 * the other, in the order in which they came, and pushes go in between.
 */
export class Session implements SocketOwner, SubscriptionsOwner, QueueOwner {
  /** By which others know the client. */
  readonly id = randomUUID()
  readonly encoding: Encoding
  readonly #socket: Socket
  readonly #context: SessionContext
  readonly #queue: OutboundQueue
  readonly #lifetime: Lifetime
  readonly #requests: InOrder
  readonly #subscriptions: Subscriptions
  #identity: Identity | undefined
  #connects = 0
  #closed = false

  constructor(context: SessionContext, socket: Socket, encoding: Encoding) {
    const { limits, times, queues } = context
    this.encoding = encoding
    this.#socket = socket
    this.#context = context
    this.#queue = new OutboundQueue(queues, socket, this)
    this.#lifetime = new Lifetime(times, performance.now())
    this.#requests = new InOrder(limits.maxPendingCommands)
    this.#subscriptions = new Subscriptions(context, this)
  }

  info(): ClientInfo {
    return { client: this.id, user: this.#identity!.listener }
  }

  receive(frame: Buffer, isBinary: boolean): void {
    try {
      if (isBinary !== this.encoding.isBinary)
        throw new FrameError(`${isBinary ? 'binary' : 'text'} frames are not spoken in ${this.encoding.name}`)
      for (const command of parseFrame(this.encoding, frame, this.#context.limits)) this.#accept(command)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#badRequest(error.message)
    }
  }

  /** Bytes that wait for the client. */
  get queuedBytes(): number {
    return this.#queue.bytes
  }

  drain(): void {
    this.#queue.drain()
  }

  tooSlow(): void {
    this.close(disconnects.slow)
  }

  tick(): void {
    const { now, times } = this.#context
    const moment = performance.now()
    this.#queue.giveUpIfBlocked(moment)
    const over = now() - times.refreshGrace
    for (const [channel, { expiresAt }] of this.#subscriptions.leases())
      if (expiresAt <= over) this.unsubscribe(channel, unsubscribes.expired)
    const due = this.#lifetime.due(moment, now(), this.#requests.isBusy)
    if (due === 'ping') this.#send({})
    else if (due) this.close(due)
  }

  /** Closes if its token has been revoked meanwhile, and ends subscriptions whose tokens have. */
  checkTokens(): void {
    if (this.#identity === undefined || this.#closed) return
    const [identity, { checkRevoked }] = [this.#identity, this.#context]
    const refusal = refusalOf(() => checkRevoked(identity))
    if (refusal) this.close(refusal === 'for good' ? disconnects.invalidToken : disconnects.expired)
    for (const [channel, lease] of this.#subscriptions.leases()) {
      const its = refusalOf(() => checkRevoked({ ...lease, listener: identity.listener }))
      if (its) this.unsubscribe(channel, its === 'for good' ? unsubscribes.server : unsubscribes.expired)
    }
  }

  push(message: Buffer, newestOf?: string): void {
    this.#queue.write(message, newestOf)
  }

  /**
   * Subscribes a connected client to a channel, as the server wants it.
   * @returns why not, if so
   */
  async subscribe(name: string): Promise<ErrorReply | undefined> {
    if (this.#identity === undefined) return errors.permissionDenied
    return joinNow(this.#context, this.#subscriptions, this.#identity, name, (reply) => this.#send(reply))
  }

  /** Ends a subscription, whoever wanted it. */
  unsubscribe(channel: string, { code, reason }: Disconnect = unsubscribes.server): void {
    if (this.#subscriptions.get(channel) === undefined) return
    this.#subscriptions.remove(channel)
    this.#send({ push: { channel, unsubscribe: { code, reason } } })
  }

  lost(place: string): void {
    const channel = nameOfChannel(place)
    // A client does not come back to what it has not asked for, but by connecting anew.
    if (this.#subscriptions.lost(channel)?.byServer === true) this.close(disconnects.insufficientState)
    else this.#send({ push: { channel, unsubscribe: unsubscribes.insufficientState } })
  }

  close(disconnect: Disconnect): void {
    if (this.#closed) return
    this.#queue.flush()
    this.#release(disconnect)
    this.#socket.end(disconnect)
  }

  socketClosed(): void {
    if (!this.#closed) this.#release(disconnects.connectionClosed)
  }

  #release({ code, reason }: Disconnect): void {
    this.#closed = true
    this.#queue.kill()
    this.#subscriptions.end()
    this.#context.roster.leave(this)
    this.#context.metrics.disconnected(code)
    this.#context.log.debug({ client: this.id, code, reason }, 'disconnected')
  }

  /** What came has no meaning in the protocol. */
  #badRequest(why: string): void {
    const { code, reason } = disconnects.badRequest
    this.close({ code, reason: `${reason}: ${why}` })
  }

  #accept(command: Command): void {
    if (command.kind === 'pong') this.#lifetime.pong()
    else if (command.kind === 'send') this.close(disconnects.notAvailable)
    else if (!this.#requests.add(() => this.#answer(command)))
      this.#refuse(command.id, errors.tooManyRequests)
  }

  async #answer(request: Request): Promise<void> {
    if (this.#closed) return
    const connects = request.kind === 'connect'
    if (connects === (this.#identity !== undefined)) {
      this.#badRequest(connects ? 'connected already' : 'the first command is connect')
      return
    }
    if (connects && ++this.#connects > MOST_CONNECTS) {
      this.close(disconnects.tooManyRequests)
      return
    }
    try {
      // Connects count elsewhere.
      const may = connects || (await this.#context.limiter.mayCommand(this.#identity!.listener))
      if (may) await this.#handle(request)
      else this.#refuse(request.id, errors.tooManyRequests)
    } catch (error) {
      if (error instanceof TokenInvalid || error instanceof CannotTell) {
        this.#context.log.debug({ client: this.id, why: error.message }, 'refused a token')
        if (error instanceof TokenInvalid) this.close(disconnects.invalidToken)
        else this.#refuse(request.id, errors.internal)
      } else {
        this.#context.log.error({ client: this.id, err: error }, 'a command failed')
        this.close(disconnects.serverError)
      }
    }
  }

  async #handle(request: Request): Promise<void> {
    const { id } = request
    switch (request.kind) {
      case 'connect':
        await this.#connect(request)
        break
      case 'refresh':
        await this.#refresh(id, request.token)
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
      case 'unknown':
        this.#refuse(id, errors.methodNotFound)
        break
      default:
        await answerInChannel(this.#context, this.#asking(), request)
    }
  }

  async #connect({ id, token, positions }: Extract<Request, { kind: 'connect' }>): Promise<void> {
    const identity = await unlessExpired(this.#context.verify, token)
    if (!identity) {
      this.#refuse(id, errors.tokenExpired)
      return
    }
    const { now, times, roster } = this.#context
    if (!(await roster.enter(this, identity.listener))) {
      this.close(disconnects.connectionLimit)
      return
    }
    this.#identity = identity
    // It may have been revoked since it was verified.
    this.checkTokens()
    if (this.#closed) {
      // That leave may have come before there was anything to leave.
      roster.leave(this)
      return
    }
    this.#lifetime.connected(performance.now(), identity.expiresAt)
    // Pushes that come before the answer belong behind it.
    this.#queue.hold()
    const subs = await joinNamed(this.#context, this.#subscriptions, identity, positions)
    if (subs === undefined) {
      this.close(disconnects.serverError)
      return
    }
    const connect = {
      client: this.id,
      version,
      ...expiryOf(identity.expiresAt, now()),
      ping: Math.ceil(times.pingEvery / 1000),
      pong: true as const,
      data: { listener: identity.listener },
      ...(identity.channels !== undefined && { subs }),
    }
    this.#queue.release(this.encoding.encode({ id, connect }))
  }

  async #refresh(id: number, token: string): Promise<void> {
    const identity = await unlessExpired(this.#context.verify, token)
    if (!identity) {
      this.close(disconnects.expired)
      return
    }
    if (identity.listener !== this.#identity?.listener)
      throw new TokenInvalid('another subject than at connect')
    this.#identity = identity
    this.#lifetime.refreshed(identity.expiresAt)
    const expiry = expiryOf(identity.expiresAt, this.#context.now())
    this.#reply(id, { refresh: { client: this.id, version, ...expiry } })
  }

  async #call({ id, method, data }: Extract<Request, { kind: 'rpc' }>): Promise<void> {
    const refused = await this.#context.call(this.#identity!, method, data)
    if (refused) this.#refuse(id, refused)
    else this.#reply(id, { rpc: { data: {} } })
  }

  #asking() {
    const reply = (id: number, answer: Answer) => this.#reply(id, answer)
    return { client: this.id, identity: this.#identity!, subscriptions: this.#subscriptions, reply }
  }

  #reply(id: number, answer: Answer): void {
    if (this.#closed) return
    if ('error' in answer) this.#context.metrics.refused(answer.error.code)
    this.#send({ id, ...answer })
  }

  #refuse(id: number, error: ErrorReply): void {
    this.#reply(id, { error })
  }

  #send(reply: Reply): void {
    this.push(this.encoding.encode(reply))
  }
}
