import { endpointsPath, websocketPath, type Endpoint, type EndpointList } from '../schemas/endpoints.ts'
import { balances, choose, type Balance } from './choose.ts'
import type { Clock } from './clock.ts'
import { Health } from './health.ts'

export interface PoolOptions {
  /** Where to ask for the nodes, `https://music.example`: some of them, or what balances between them. At least one. */
  seeds: readonly string[]
  balance: Balance
  /** Milliseconds for one answer to the question for the nodes. */
  askWithin: number
  fetch: typeof globalThis.fetch
  clock: Clock
  /** From 0 to below 1. */
  random(): number
}

/** Milliseconds for which a list is as good as new. */
const FRESH_MS = 1_000

/** The nodes that a client knows of, and how they did so far. */
export class EndpointPool {
  readonly #options: PoolOptions
  readonly #health: Health
  /** Addresses that list the nodes; those that failed last are last. */
  #sources: string[]
  #known: { endpoints: readonly Endpoint[]; at: number } | undefined
  #asking: Promise<void> | undefined
  #last: string | undefined

  constructor(options: PoolOptions) {
    const { seeds, balance, clock, random } = options
    if (!balances.includes(balance))
      throw new TypeError(`balance: expected one of ${balances.join(', ')}, not ${JSON.stringify(balance)}`)
    if (seeds.length === 0) throw new TypeError('seeds: name at least one address that lists the nodes')
    this.#options = options
    this.#health = new Health(() => clock.now(), random)
    const first = Math.floor(random() * seeds.length)
    const origins = seeds.map((seed) => originOfSeed(seed))
    this.#sources = [...origins.slice(first), ...origins.slice(0, first)]
  }

  /** Chooses a node that is not among those tried; undefined if there is none left. */
  async next(tried: ReadonlySet<string>): Promise<Endpoint | undefined> {
    await this.#refreshed()
    const { balance, random } = this.#options
    const left = this.#endpoints().filter(({ id }) => !tried.has(id))
    const usable = this.#health.usable(left)
    if (usable.length === 0) return undefined
    const chosen = choose(balance, usable, random, this.#last)
    this.#last = chosen.id
    return chosen
  }

  failed({ id }: Endpoint): void {
    this.#health.failed(id)
  }

  worked({ id }: Endpoint): void {
    this.#health.worked(id)
  }

  /** Whether the node itself still answers: a single answer may be late on a busy machine, two in a row are not. */
  async answers({ url }: Endpoint): Promise<boolean> {
    const origin = httpOrigin(url)
    return ((await this.#ask(origin)) ?? (await this.#ask(origin))) !== undefined
  }

  /** Waits for a list that is new enough, and not long: without one the last will do. */
  async #refreshed(): Promise<void> {
    const { clock, askWithin } = this.#options
    if (this.#known !== undefined && clock.now() - this.#known.at < FRESH_MS) return
    this.#asking ??= this.#askAll().finally(() => (this.#asking = undefined))
    const asking = this.#asking
    await new Promise<void>((resolve) => {
      const cancel = clock.after(askWithin, resolve)
      void asking.then(() => {
        cancel()
        resolve()
      })
    })
  }

  async #askAll(): Promise<void> {
    const nodes = (this.#known?.endpoints ?? []).map(({ url }) => httpOrigin(url))
    for (const source of new Set([...this.#sources, ...nodes])) {
      const endpoints = await this.#ask(source)
      if (endpoints !== undefined && endpoints.length > 0) {
        this.#known = { endpoints, at: this.#options.clock.now() }
        return
      }
      if (this.#sources.includes(source))
        this.#sources = [...this.#sources.filter((each) => each !== source), source]
    }
  }

  async #ask(source: string): Promise<Endpoint[] | undefined> {
    const { fetch, clock, askWithin } = this.#options
    const abort = new AbortController()
    const cancel = clock.after(askWithin, () => abort.abort())
    try {
      const answer = await fetch(source + endpointsPath, { signal: abort.signal, cache: 'no-store' })
      if (!answer.ok) return undefined
      const { endpoints } = (await answer.json()) as EndpointList
      return endpoints.filter(isNode)
    } catch {
      return undefined
    } finally {
      cancel()
    }
  }

  /** As listed last; as long as nobody has listed any, the seeds themselves. */
  #endpoints(): Endpoint[] {
    if (this.#known === undefined)
      return this.#sources.map((origin) => ({
        id: origin,
        url: origin.replace(/^http/, 'ws') + websocketPath,
        capacity: 1,
        connections: 0,
        upForMs: Infinity,
      }))
    const { endpoints, at } = this.#known
    const since = this.#options.clock.now() - at
    return endpoints.map((endpoint) => ({ ...endpoint, upForMs: endpoint.upForMs + since }))
  }
}

/** Whether a node can be reached, and chosen: whoever answers may be something else than a gateway. */
const isNode = ({ url, capacity, connections, upForMs }: Endpoint): boolean =>
  URL.canParse(url) && [capacity, connections, upForMs].every(Number.isFinite)

/** @throws TypeError if it is no URL of a server */
function originOfSeed(seed: string): string {
  if (!/^(http|ws)s?:\/\//i.test(seed) || !URL.canParse(seed))
    throw new TypeError(`seeds: "${seed}" is no address like https://one.music.example`)
  return httpOrigin(seed)
}

/** @throws TypeError if it is no URL */
function httpOrigin(url: string): string {
  return new URL(url.replace(/^ws/i, 'http')).origin
}
