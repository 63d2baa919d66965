import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { TemplatedApp } from 'uWebSockets.js'
import { endpointsPath } from '../../../schemas/endpoints.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import type { Feed } from '../feed.ts'
import { hearNodes, tellNodes, type ControlMessage } from './control.ts'
import { Drain } from './drain.ts'
import type { Session } from '../sessions/session.ts'
import { Roster } from '../sessions/roster.ts'
import { endpointsRoute } from './endpoints.ts'
import { clusterMetrics, type ClusterMetrics } from './metrics.ts'
import { NodeRegistry, type NodeState, type RegisteredNode } from './node-registry.ts'
import { TokenBucket } from './token-bucket.ts'

export interface ClusterTimes {
  /** Milliseconds between two words of a node to the others. */
  beatEvery: number
  /** Milliseconds after its last word for which a node counts as there. */
  nodeLife: number
  /** Milliseconds over which a node that stops sends its clients away. */
  drainOver: number
  /** Milliseconds for which a session counts without a word of its node. */
  sessionLife: number
}

export interface ClusterSettings {
  /** Where clients reach this node's WebSocket, as all nodes tell them. Default: host and port. */
  publicUrl?: string
  /** Sockets that this node is made for: those that choose a node weigh it by that. Default: 10,000. */
  capacity?: number
  /** New sockets that this node takes a second. Default: any number. */
  acceptsPerSecond?: number
  /** Sessions that a listener may have at all nodes together; 0: any number. Default: 0. */
  sessionsPerListener?: number
  /** This node is of no use any more: it was told by an operator to send its clients away, and has, or took a cluster for one server. */
  onDone?(): void
}

export interface ClusterOptions {
  redis: RedisClient
  feed: Feed
  keyPrefix: string
  settings: ClusterSettings
  times: ClusterTimes
  /** Kept current: the open sockets. */
  sessions: ReadonlySet<Session>
  originAllowed(origin: string): boolean
  /** A page was refused for it. */
  onForeign(origin: string): void
  /** Whether this node can serve subscriptions. */
  healthy(): boolean
  log: Logger
  metrics: Registry
}

const DEFAULT_CAPACITY = 10_000

/** This node among those that share its Redis. */
export class Cluster {
  /** This node's id, another one for each process. */
  readonly id = randomUUID()
  readonly roster: Roster<Session>
  readonly #options: ClusterOptions
  readonly #metrics: ClusterMetrics
  readonly #registry: NodeRegistry
  readonly #drain: Drain
  readonly #accepts: TokenBucket | undefined
  #url = ''
  #isLeaving = false

  constructor(options: ClusterOptions) {
    const { settings, times, sessions } = options
    const now = () => performance.now()
    this.#options = options
    this.#registry = new NodeRegistry({ ...options, ...times, id: this.id, state: () => this.#state() })
    this.roster = new Roster({
      ...options,
      ...times,
      node: this.id,
      now: Date.now,
      nodesThere: () => this.nodes.map(({ id }) => id),
      maxPerListener: settings.sessionsPerListener ?? 0,
      waitForRoom: times.nodeLife + times.beatEvery,
    })
    this.#metrics = clusterMetrics(options.metrics, {
      nodes: () => this.nodes.length,
      isDraining: () => this.#isLeaving,
    })
    this.#drain = new Drain({ sessions, now, pause })
    const { acceptsPerSecond } = settings
    this.#accepts = acceptsPerSecond === undefined ? undefined : new TokenBucket(acceptsPerSecond, now)
  }

  /** Whether it takes no new sockets any more. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Whether Redis, which may answer and refuse all the same, takes what this node tells it. */
  get isTaken(): boolean {
    return this.#registry.isTaken
  }

  /** Where clients are told to reach it; known once it has started. */
  get url(): string {
    return this.#url
  }

  /** Adds what others ask this node for. */
  addRoutes(app: TemplatedApp): void {
    const { originAllowed, onForeign } = this.#options
    const route = endpointsRoute({
      nodes: () => this.nodes,
      ageMs: () => this.#registry.ageMs,
      originAllowed,
      onForeign,
    })
    app.get(endpointsPath, route)
  }

  /** The nodes that are there, as Redis named them last. */
  get nodes(): readonly RegisteredNode[] {
    return this.#registry.nodes
  }

  /** Tells all nodes, this one too, and how many heard it. @throws if Redis does not answer */
  tell(message: ControlMessage): Promise<number> {
    return tellNodes(this.#options.redis, this.#options.keyPrefix, message)
  }

  /** Why this node takes no sockets any more; undefined if it does. */
  refusal(): string | undefined {
    return this.#isLeaving ? this.#refuse('draining', 'this node is leaving: choose another') : undefined
  }

  /** Takes in one more of those that this node takes a second, or says why not. */
  accept(): string | undefined {
    return this.#accepts?.take() === false
      ? this.#refuse('too_many_at_once', 'too many come at once: come again in a moment')
      : undefined
  }

  /** One that was taken in is refused after all. */
  giveBack(): void {
    this.#accepts?.giveBack()
  }

  /** Lets the others know of this node, whose WebSocket is at `url` unless the settings say otherwise. */
  async start(url: string): Promise<void> {
    this.#url = this.#options.settings.publicUrl ?? url
    this.roster.start()
    await hearNodes({ ...this.#options, heed: (message) => this.#heed(message) })
    await this.#registry.start()
  }

  /** Takes no new sockets, and sends the present ones away over so many milliseconds. */
  async drain(overMs: number): Promise<void> {
    const { log, sessions } = this.#options
    const since = performance.now()
    log.info({ node: this.id, connections: sessions.size, overMs }, 'draining')
    this.#isLeaving = true
    // Known to the others before the first client comes to them.
    await this.#registry.beat()
    await this.#drain.over(Math.max(0, overMs - (performance.now() - since)))
  }

  /** Leaves the others. */
  async stop(): Promise<void> {
    this.roster.stop()
    await this.#registry.stop()
  }

  #refuse(reason: string, why: string): string {
    this.#metrics.refused(reason)
    return why
  }

  #heed(message: ControlMessage): void {
    switch (message.kind) {
      case 'drain':
        if (message.node !== this.id) return
        void this.drain(message.overMs).then(() => this.#options.settings.onDone?.())
        break
      case 'disconnect':
        for (const session of this.#meant(message)) session.close(message.disconnect)
        break
      case 'subscribe':
        for (const session of this.#meant(message)) void this.#subscribe(session, message.channel)
        break
      case 'unsubscribe':
        for (const session of this.#meant(message)) session.unsubscribe(message.channel)
    }
  }

  #meant({ listener, client }: { listener: string; client: string | undefined }): Session[] {
    return this.roster.here(listener, client)
  }

  async #subscribe(session: Session, channel: string): Promise<void> {
    const refused = await session.subscribe(channel)
    if (refused) this.#options.log.debug({ code: refused.code }, 'a client was not subscribed as told')
  }

  #state(): NodeState {
    const { settings, sessions, healthy } = this.#options
    const { capacity = DEFAULT_CAPACITY } = settings
    const draining = this.#isLeaving
    return { url: this.#url, capacity, connections: sessions.size, healthy: healthy(), draining }
  }
}
