import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { channelKeys, publishedKey, type ClientInfo } from '../../../schemas/channels.ts'
import { publishLua } from '../../../schemas/publishing.ts'
import { type ScriptArgument, withScripts } from '../../../schemas/redis-scripts.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import type { Position } from '../protocol/position.ts'

/** What a channel keeps of its past. */
export interface History {
  /** Messages, at least 1. */
  size: number
  /** Seconds after the newest for which they are kept; 0: for ever. */
  seconds: number
}

export interface PublishOptions {
  history: History
  /** The client that publishes. */
  info?: ClientInfo
  /** Under one key a message is published to a channel once in {@link IDEMPOTENCY_SECONDS}. */
  idempotencyKey?: string
}

/** Where a message came to be in its channel. */
export interface Published extends Position {
  /** Whether it had been published before, under its idempotency key: nobody was sent it again. */
  repeated: boolean
}

/**
 * Publishes JSON data to a channel by where it lies in Redis: offset, log and Pub/Sub in one step, as the Redis sink does.
 * @throws if Redis does not answer; whether the message is published then is not known, and the same call with its
 * idempotency key settles it.
 */
export type Publish = (place: string, data: unknown, options: PublishOptions) => Promise<Published>

export const IDEMPOTENCY_SECONDS = 300

interface Calls {
  publishMessage(...args: ScriptArgument[]): Promise<[offset: string, epoch: string, isNew: number]>
}

const scripts = {
  publishMessage: {
    lua: publishLua + readFileSync(join(import.meta.dirname, 'publish.lua'), 'utf8'),
    numberOfKeys: 3,
  },
}

/** Publishes over this connection. */
export function redisPublisher(redis: RedisClient, keyPrefix: string): Publish {
  const scripted = withScripts<Calls>(redis, scripts)
  return async (place, data, { history, info, idempotencyKey }) => {
    const { meta, log, publish } = channelKeys(keyPrefix, place)
    const [offset, epoch, isNew] = await scripted.publishMessage(
      meta,
      log,
      publishedKey(keyPrefix, place, idempotencyKey ?? ''),
      publish,
      JSON.stringify(data),
      info === undefined ? '' : JSON.stringify(info),
      history.size,
      history.seconds,
      idempotencyKey === undefined ? 0 : IDEMPOTENCY_SECONDS,
      randomUUID().slice(0, 8),
    )
    return { offset: Number(offset), epoch, repeated: isNew === 0 }
  }
}
