import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Disconnect } from '../protocol/codes.ts'

/** All sessions of a listener, or the one of that id. */
interface Sessions {
  listener: string
  client: string | undefined
}

/** What nodes tell one another, or an operator tells them; each heeds what concerns it. */
export type ControlMessage =
  | { kind: 'drain'; node: string; overMs: number }
  | (Sessions & { kind: 'disconnect'; disconnect: Disconnect })
  /** The name that clients have for the channel. */
  | (Sessions & { kind: 'subscribe' | 'unsubscribe'; channel: string })

export interface ControlOptions {
  /** A connection of its own: it listens and asks nothing else. */
  ears: Redis
  keyPrefix: string
  heed(message: ControlMessage): void
  log: Logger
}

/** Hears what all nodes are told. What is said while Redis is away is not heard: whoever says it knows how many heard it. */
export class Control {
  readonly #options: ControlOptions

  constructor(options: ControlOptions) {
    this.#options = options
  }

  /** Resolves when it hears, or Redis is away: it goes on trying. */
  async start(): Promise<void> {
    const { ears, heed, log } = this.#options
    ears.on('message', (_, text: string) => {
      try {
        heed(JSON.parse(text) as ControlMessage)
      } catch (error) {
        log.error({ err: error }, 'could not do what the nodes were told')
      }
    })
    let listening: Promise<void> = Promise.resolve()
    ears.on('ready', () => {
      listening = this.#listen()
    })
    // It goes on trying by itself; what keeps it away is logged by its own handler.
    await ears.connect().catch(() => undefined)
    await listening
  }

  stop(): void {
    this.#options.ears.disconnect()
  }

  async #listen(): Promise<void> {
    const { ears, keyPrefix, log } = this.#options
    try {
      await ears.subscribe(controlChannel(keyPrefix))
    } catch (error) {
      log.warn({ err: error }, 'could not listen to what nodes are told, connecting to redis anew')
      // A connection that answers and does not listen would look well and be deaf.
      ears.disconnect(true)
    }
  }
}

/** Tells all nodes something, and how many heard it. @throws if Redis does not answer */
export function tellNodes(redis: Redis, keyPrefix: string, message: ControlMessage): Promise<number> {
  return redis.publish(controlChannel(keyPrefix), JSON.stringify(message))
}

const controlChannel = (keyPrefix: string): string => `${keyPrefix}gateway:control`
