import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { channelKeys } from '../../../schemas/channels.ts'
import { publishLua } from '../../../schemas/publishing.ts'
import { withScripts } from '../../../schemas/redis-scripts.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import type { Position } from '../protocol/position.ts'
import { logReader, positionIn, type LogPart, type ReadLimits } from './log-reader.ts'
import { rulesOfPlace } from './namespaces.ts'

/** Reads what publishers keep of a channel, by its place. All throw if Redis does not answer. */
export interface ChannelLog {
  /** Has a channel begin that was never published to, so that it has an epoch; answers as `top`. */
  begin(place: string): Promise<Position>
  /** The position after everything that was published so far. */
  top(place: string): Promise<Position>
  /** The same, with what is kept after `offset`, ascending. What is beyond the limits is left out, which `recover` sees as a gap. */
  readAfter(place: string, offset: number): Promise<LogPart>
}

interface Calls {
  openChannel(meta: string, log: string, epoch: string, logSeconds: number): Promise<(string | null)[]>
}

const openLua = publishLua + readFileSync(join(import.meta.dirname, 'open.lua'), 'utf8')
const scripts = { openChannel: { lua: openLua, numberOfKeys: 2 } }

/** Channels to which clients publish are begun by who comes first. */
export function redisChannelLog(redis: RedisClient, keyPrefix: string, limits: ReadLimits): ChannelLog {
  const scripted = withScripts<Calls>(redis, scripts)
  const read = logReader(redis, keyPrefix, limits)
  async function begin(place: string): Promise<Position> {
    const { meta, log } = channelKeys(keyPrefix, place)
    const { seconds = 0 } = rulesOfPlace(place)?.history ?? {}
    return positionIn(await scripted.openChannel(meta, log, randomUUID().slice(0, 8), seconds))
  }
  return {
    begin,

    async top(place) {
      if (rulesOfPlace(place)?.subscribers.includes('publish')) return begin(place)
      return positionIn(await redis.hmget(channelKeys(keyPrefix, place).meta, 'epoch', 'offset'))
    },

    readAfter: (place, offset) => read(place, { since: offset }),
  }
}
