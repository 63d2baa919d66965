import { endpointsPath } from '../../../schemas/endpoints.ts'
import { freePort } from '../../../stack/ports.ts'
import { roleProcess } from '../../kit/role-process.ts'
import { until } from '../../kit/until.ts'
import { apiKey } from '../kit/server-api.ts'
import { keyVariables } from './listeners.ts'
import type { StormRedis } from './storm-redis.ts'

export const NODES = 3
const WITHIN_MS = 60_000
/** The end of what a process has said. */
const WORDS = 2_000

type Role = Awaited<ReturnType<typeof roleProcess>>

/** Gateways over one Redis, each a process of its own with a port that it keeps. One that ends by itself is started again, and noted. */
export class Nodes {
  /** What was not as it should be: last words of those that ended by themselves, and of those that did not stop in order. */
  readonly faults: string[] = []
  readonly #env: Record<string, string>
  readonly #ports: number[] = []
  readonly #running: Role[] = []
  /** Those that end because we want it. */
  readonly #ending = new Set<number>()

  constructor({ url, keyPrefix }: StormRedis, drainMs: number) {
    this.#env = {
      ...keyVariables,
      REDIS_URL: url,
      REDIS_PREFIX: keyPrefix,
      KAFKA_BROKERS: '127.0.0.1:1',
      LOG_LEVEL: 'error',
      ALLOWED_ORIGINS: 'none',
      GATEWAY_API_KEY: apiKey,
      GATEWAY_DRAIN_MS: String(drainMs),
      // All clients come from one address.
      GATEWAY_CONNECTS_PER_MINUTE: '0',
      GATEWAY_SOCKETS_PER_ADDRESS: '0',
      GATEWAY_COMMANDS_PER_MINUTE: '0',
    }
  }

  async startAll(): Promise<void> {
    while (this.#ports.length < NODES) {
      const port = await freePort()
      if (!this.#ports.includes(port)) this.#ports.push(port)
    }
    await Promise.all(this.#ports.map((_, node) => this.#start(node)))
    await Promise.all(this.#ports.map((_, node) => this.#ready(node)))
    const all = async () => (await this.#listed()) === NODES
    await until(all, { what: 'all nodes to be listed', within: WITHIN_MS })
  }

  get origins(): string[] {
    return this.#ports.map((port) => `http://127.0.0.1:${port}`)
  }

  /** SIGKILL, and a new start. */
  async kill(node: number): Promise<void> {
    this.#ending.add(node)
    await this.#running[node]!.kill()
    await this.#startAgain(node)
  }

  /** SIGTERM, and a new start. */
  async drain(node: number): Promise<void> {
    this.#ending.add(node)
    const role = this.#running[node]!
    const code = await role.stop()
    if (code !== 0)
      this.faults.push(`gateway ${node} ended with ${code} on SIGTERM: ${role.output.slice(-WORDS)}`)
    await this.#startAgain(node)
  }

  freeze(node: number): void {
    this.#running[node]!.freeze()
  }

  thaw(node: number): void {
    this.#running[node]!.thaw()
  }

  /** Starts again what has ended by itself. */
  async supervise(): Promise<void> {
    for (const [node, role] of this.#running.entries()) {
      if (!role.ended || this.#ending.has(node)) continue
      this.faults.push(`gateway ${node} ended by itself: ${role.output.slice(-WORDS)}`)
      await this.#start(node)
    }
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#running.map((role) => role.kill()))
  }

  async #start(node: number): Promise<void> {
    const env = { ...this.#env, GATEWAY_PORT: String(this.#ports[node]) }
    this.#running[node] = await roleProcess(['gateway'], env)
  }

  async #startAgain(node: number): Promise<void> {
    await this.#start(node)
    this.#ending.delete(node)
    await this.#ready(node)
  }

  /** Resolves when a node takes clients. */
  async #ready(node: number): Promise<void> {
    const what = `gateway ${node} to be ready`
    const met = async () => {
      await this.supervise()
      return this.#running[node]!.ready()
    }
    await until(met, { what, within: WITHIN_MS, every: 100 })
  }

  async #listed(): Promise<number> {
    const answer = await fetch(`${this.origins[0]}${endpointsPath}`)
    return ((await answer.json()) as { endpoints: unknown[] }).endpoints.length
  }
}
