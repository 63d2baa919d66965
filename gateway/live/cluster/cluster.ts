import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { TemplatedApp } from 'uWebSockets.js'
import { endpointsPath } from '../../../schemas/endpoints.ts'
import { endpointsRoute } from './endpoints.ts'
import { NodeRegistry } from './node-registry.ts'

export interface ClusterTimes {
  /** Milliseconds between two words of a node to the others. */
  beatEvery: number
  /** Milliseconds after its last word for which a node counts as there. */
  nodeLife: number
}

export interface ClusterOptions {
  redis: Redis
  keyPrefix: string
  /** Sockets that this node is made for. */
  capacity: number
  times: ClusterTimes
  originAllowed(origin: string): boolean
  connections(): number
  /** Whether this node can serve subscriptions. */
  healthy(): boolean
  log: Logger
}

/** This node among those that share its Redis. */
export class Cluster {
  /** This node's id, another one for each process. */
  readonly id = randomUUID()
  readonly registry: NodeRegistry
  readonly #options: ClusterOptions
  #url = ''

  constructor(options: ClusterOptions) {
    const { capacity, connections, healthy, times } = options
    this.#options = options
    this.registry = new NodeRegistry({
      ...options,
      ...times,
      id: this.id,
      state: () => ({
        url: this.#url,
        capacity,
        connections: connections(),
        healthy: healthy(),
        draining: false,
      }),
    })
  }

  /** Adds what others ask this node for. */
  addRoutes(app: TemplatedApp): void {
    const { originAllowed } = this.#options
    app.get(endpointsPath, endpointsRoute({ nodes: () => this.registry.nodes, originAllowed }))
  }

  /** Lets the others know of this node, whose WebSocket is at `url`. */
  async start(url: string): Promise<void> {
    this.#url = url
    await this.registry.start()
  }

  async stop(): Promise<void> {
    await this.registry.stop()
  }
}
