import type { Position } from '../../../gateway/live/protocol/position.ts'
import { until } from '../../kit/until.ts'
import { apiKey } from '../kit/server-api.ts'
import type { Gate } from './gate.ts'
import type { Ledger } from './ledger.ts'
import type { Nodes } from './nodes.ts'

const ATTEMPT_MS = 2_000
const WITHIN_MS = 120_000

export interface ApiPublisherOptions {
  nodes: Pick<Nodes, 'origins'>
  ledger: Ledger
  gate: Gate
}

/** Publishes by the server API of whichever node answers, channel by channel one after the other, and each again until it is answered, under its idempotency key. */
export class ApiPublisher {
  readonly #options: ApiPublisherOptions
  readonly #last = new Map<string, Promise<void>>()
  #next = 0

  constructor(options: ApiPublisherOptions) {
    this.#options = options
  }

  /** Does not wait for an answer. */
  publish(channel: string, serial: number): void {
    const before = this.#last.get(channel) ?? Promise.resolve()
    const published = before.then(() => this.#untilAnswered(channel, serial))
    // Told by `drained`.
    published.catch(() => undefined)
    this.#last.set(channel, published)
  }

  /** Resolves when all is answered. */
  async drained(): Promise<void> {
    await Promise.all(this.#last.values())
  }

  async #untilAnswered(channel: string, serial: number): Promise<void> {
    const { gate, ledger } = this.#options
    const attempt = () =>
      gate.pass(async () => {
        try {
          ledger.published(channel, await this.#ask(channel, serial), serial)
        } catch (error) {
          ledger.unsure(channel, serial)
          throw error
        }
        return true
      })
    await until(attempt, { what: `${serial} to be published to ${channel}`, within: WITHIN_MS, every: 50 })
  }

  async #ask(channel: string, serial: number): Promise<Position> {
    const { origins } = this.#options.nodes
    const origin = origins[this.#next++ % origins.length]!
    const answer = await fetch(`${origin}/api/publish`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey },
      signal: AbortSignal.timeout(ATTEMPT_MS),
      body: JSON.stringify({ channel, data: { serial }, idempotency_key: String(serial) }),
    })
    const { result, error } = (await answer.json()) as { result?: Position; error?: { message: string } }
    if (result === undefined) throw new Error(error?.message ?? `status ${answer.status}`)
    return result
  }
}
