import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { TemplatedApp } from 'uWebSockets.js'
import { endpointsPath } from '../../../schemas/endpoints.ts'
import { Control, type ControlMessage } from './control.ts'
import { Drain, type DrainOptions } from './drain.ts'
import { endpointsRoute } from './endpoints.ts'
import { NodeRegistry, type NodeState } from './node-registry.ts'
import { TokenBucket } from './token-bucket.ts'

export interface ClusterTimes {
  /** Milliseconds between two words of a node to the others. */
  beatEvery: number
  /** Milliseconds after its last word for which a node counts as there. */
  nodeLife: number
  /** Milliseconds over which a node that stops sends its clients away. */
  drainOver: number
}

export interface ClusterSettings {
  /** Where clients reach this node's WebSocket, as all nodes tell them. Default: host and port. */
  publicUrl?: string
  /** Sockets that this node is made for: those that choose a node weigh it by that. Default: 10,000. */
  capacity?: number
  /** New sockets that this node takes a second. Default: any number. */
  acceptsPerSecond?: number
  /** This node was told by an operator to send its clients away, and has: it is of no use any more. */
  onDrained?(): void
}

export interface ClusterOptions {
  redis: Redis
  /** A connection of its own, not yet open. */
  ears: Redis
  keyPrefix: string
  settings: ClusterSettings
  times: ClusterTimes
  /** Kept current: the open sockets. */
  sessions: DrainOptions['sessions']
  originAllowed(origin: string): boolean
  /** Whether this node can serve subscriptions. */
  healthy(): boolean
  log: Logger
}

const DEFAULT_CAPACITY = 10_000

/** This node among those that share its Redis. */
export class Cluster {
  /** This node's id, another one for each process. */
  readonly id = randomUUID()
  readonly #options: ClusterOptions
  readonly #registry: NodeRegistry
  readonly #control: Control
  readonly #drain: Drain
  readonly #accepts: TokenBucket
  #url = ''

  constructor(options: ClusterOptions) {
    const { settings, times, sessions } = options
    const now = () => performance.now()
    this.#options = options
    this.#registry = new NodeRegistry({ ...options, ...times, id: this.id, state: () => this.#state() })
    this.#control = new Control({ ...options, heed: (message) => this.#heed(message) })
    this.#drain = new Drain({ sessions, now, pause })
    this.#accepts = new TokenBucket(settings.acceptsPerSecond ?? Infinity, now)
  }

  /** Adds what others ask this node for. */
  addRoutes(app: TemplatedApp): void {
    const { originAllowed } = this.#options
    app.get(endpointsPath, endpointsRoute({ nodes: () => this.#registry.nodes, originAllowed }))
  }

  /** Why this node takes no further socket right now; undefined if it does. */
  refusal(): string | undefined {
    if (this.#drain.begun) return 'this node is leaving: choose another'
    return this.#accepts.take() ? undefined : 'too many come at once: come again in a moment'
  }

  /** Lets the others know of this node, whose WebSocket is at `url` unless the settings say otherwise. */
  async start(url: string): Promise<void> {
    this.#url = this.#options.settings.publicUrl ?? url
    await this.#control.start()
    await this.#registry.start()
  }

  /** Takes no new sockets, and sends the present ones away over so many milliseconds. */
  async drain(overMs: number): Promise<void> {
    const { log, sessions } = this.#options
    log.info({ node: this.id, connections: sessions.size, overMs }, 'draining')
    const drained = this.#drain.over(overMs)
    await this.#registry.beat()
    await drained
  }

  /** As {@link drain} over the time of the settings, and leaves the others. */
  async stop(): Promise<void> {
    await this.drain(this.#options.times.drainOver)
    this.#control.stop()
    await this.#registry.stop()
  }

  #heed(message: ControlMessage): void {
    if (message.node !== this.id || this.#drain.begun) return
    void this.drain(message.overMs).then(() => this.#options.settings.onDrained?.())
  }

  #state(): NodeState {
    const { settings, sessions, healthy } = this.#options
    const { capacity = DEFAULT_CAPACITY } = settings
    const draining = this.#drain.begun
    return { url: this.#url, capacity, connections: sessions.size, healthy: healthy(), draining }
  }
}
