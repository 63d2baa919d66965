import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { leasesLua } from '../../../schemas/leases.ts'
import { type Scripted, withScripts } from '../../../schemas/redis-scripts.ts'
import { type RedisClient, onServerBack } from '../../../schemas/redis-servers.ts'
import { Outage } from '../outage.ts'

/** What a node tells of itself. */
export interface NodeState {
  /** Where clients reach its WebSocket. */
  url: string
  /** Sockets that it is made for. */
  capacity: number
  /** Open sockets. */
  connections: number
  /** Whether it can serve subscriptions. */
  healthy: boolean
  /** It takes no new sockets any more. */
  draining: boolean
}

export interface RegisteredNode extends NodeState {
  id: string
  /** Milliseconds since it came. */
  upForMs: number
}

export interface NodeRegistryOptions {
  redis: RedisClient
  keyPrefix: string
  /** This node. */
  id: string
  /** Its state by now. */
  state(): NodeState
  /** Milliseconds between two words of this node. */
  beatEvery: number
  /** Milliseconds after its last word for which a node counts as there. */
  nodeLife: number
  log: Logger
}

interface Calls {
  heartbeat(nodes: string, node: string, state: string, lifeMs: number): Promise<(string | number)[]>
}

const heartbeatLua = leasesLua + readFileSync(join(import.meta.dirname, 'heartbeat.lua'), 'utf8')
const scripts = { heartbeat: { lua: heartbeatLua, numberOfKeys: 1 } }

/**
 * All nodes that share a Redis. Each tells what it is every second or so, and hears of the others by the same round
 * trip; who is silent for too long is gone. While Redis is away, the nodes are those that it named last, and this one as it is.
 */
export class NodeRegistry {
  readonly #options: NodeRegistryOptions
  readonly #redis: Scripted<Calls>
  #nodes: readonly RegisteredNode[] = []
  /** By `performance.now`: when Redis named them. */
  #namedAt = performance.now()
  #timer: NodeJS.Timeout | undefined
  readonly #outage: Outage

  constructor(options: NodeRegistryOptions) {
    this.#options = options
    this.#redis = withScripts<Calls>(options.redis, scripts)
    this.#outage = new Outage(options.log, {
      begins: 'Redis does not take this node; trying again',
      ends: 'Redis takes this node again',
    })
  }

  /** Replaced as a whole, never changed. */
  get nodes(): readonly RegisteredNode[] {
    return this.#nodes
  }

  /** Whether Redis has named this node of late. */
  get isTaken(): boolean {
    const { id, nodeLife } = this.#options
    return this.ageMs <= nodeLife && this.#nodes.some((node) => node.id === id)
  }

  /** Milliseconds since Redis named the others. */
  get ageMs(): number {
    return performance.now() - this.#namedAt
  }

  /** Resolves when this node is registered, or Redis has not taken it: it goes on trying. */
  start(): Promise<void> {
    const { beatEvery } = this.#options
    onServerBack(this.#redis, () => void this.beat())
    this.#timer = setInterval(() => void this.beat(), beatEvery)
    return this.beat()
  }

  /** Tells now what this node is. */
  beat(): Promise<void> {
    return this.#tell(JSON.stringify(this.#options.state()))
  }

  /** Takes this node away. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#tell('')
  }

  async #tell(state: string): Promise<void> {
    const { keyPrefix, id, nodeLife } = this.#options
    if (this.#redis.status !== 'ready') {
      this.#renewOwn()
      return
    }
    try {
      this.#nodes = nodesIn(await this.#redis.heartbeat(nodesKey(keyPrefix), id, state, nodeLife))
      this.#namedAt = performance.now()
      this.#outage.succeeded()
    } catch (error) {
      this.#renewOwn()
      this.#outage.failed(error)
    }
  }

  /** Has this node be listed as it is, when Redis cannot be told. */
  #renewOwn(): void {
    const { id, state } = this.#options
    this.#nodes = this.#nodes.map((node) => (node.id === id ? { ...node, ...state() } : node))
  }
}

/** The nodes that are there. @throws if Redis does not answer */
export async function readNodes(redis: RedisClient, keyPrefix: string): Promise<RegisteredNode[]> {
  return nodesIn(await withScripts<Calls>(redis, scripts).heartbeat(nodesKey(keyPrefix), '', '', 0))
}

const nodesKey = (keyPrefix: string): string => `${keyPrefix}gateway:nodes`

/** Of three values each: in the order of their ids, so that all list them alike. */
function nodesIn(answer: readonly (string | number)[]): RegisteredNode[] {
  const nodes: RegisteredNode[] = []
  for (let at = 0; at < answer.length; at += 3) {
    const state = stateIn(String(answer[at + 2]))
    if (state) nodes.push({ id: String(answer[at]), upForMs: Number(answer[at + 1]), ...state })
  }
  return nodes.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Undefined for what is none, as a node of another version may tell it. */
function stateIn(text: string): NodeState | undefined {
  try {
    const state = (JSON.parse(text) ?? {}) as Partial<NodeState>
    const { url, capacity, connections } = state
    const isState = typeof url === 'string' && [capacity, connections].every(Number.isFinite)
    return isState ? (state as NodeState) : undefined
  } catch {
    return undefined
  }
}
