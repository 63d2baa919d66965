import type { Logger } from 'pino'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import { messageOf } from '../errors.ts'
import type { Feed } from '../feed.ts'
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
  feed: Feed
  keyPrefix: string
  heed(message: ControlMessage): void
  log: Logger
}

/**
 * Hears what all nodes are told. What is said while Redis is away is not heard: whoever says it knows how many heard it. Resolves when it hears, or
 * Redis does not let it: it then hears as soon as that does.
 */
export async function hearNodes({ feed, keyPrefix, heed, log }: ControlOptions): Promise<void> {
  const channel = controlChannel(keyPrefix)
  feed.on('message', (heard, text) => {
    if (heard !== channel) return
    try {
      heed(JSON.parse(text) as ControlMessage)
    } catch (error) {
      log.error({ why: messageOf(error) }, 'could not do what the nodes were told')
    }
  })
  await feed.listen(channel).catch(() => undefined)
}

/** Tells all nodes something, and how many heard it. @throws if Redis does not answer */
export function tellNodes(redis: RedisClient, keyPrefix: string, message: ControlMessage): Promise<number> {
  return redis.spublish(controlChannel(keyPrefix), JSON.stringify(message)) as Promise<number>
}

const controlChannel = (keyPrefix: string): string => `${keyPrefix}gateway:control`
