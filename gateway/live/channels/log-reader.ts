import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cluster } from 'ioredis'
import pLimit, { type LimitFunction } from 'p-limit'
import { channelKeys, type ClientInfo } from '../../../schemas/channels.ts'
import { withScripts } from '../../../schemas/redis-scripts.ts'
import { type RedisClient, primaryOf, slotOf } from '../../../schemas/redis-servers.ts'
import type { Position, Publication } from '../protocol/position.ts'

export interface ReadLimits {
  /** Publications a read brings at most. */
  maxPublications: number
  /** Bytes of their data at most, as UTF-8, unless it is a single one: as a queue takes it, since otherwise nobody would ever get beyond it. */
  maxBytes: number
}

/** A channel's position, and some of what it keeps, as one moment of Redis. */
export interface LogPart extends Position {
  publications: Publication[]
}

/** Which publications: all that are kept, or those after an offset; newest first, and those before it, if `reverse`. */
export interface LogQuery {
  since?: number | undefined
  reverse?: boolean
  /** Those of the limits, unless it says fewer. */
  most?: number | undefined
}

/** Reads a part of a channel's log, by its place, up to the limits. @throws if Redis does not answer, or it cannot be read */
export type ReadLog = (place: string, query: LogQuery) => Promise<LogPart>

type Range = [command: 'XRANGE' | 'XREVRANGE', first: string, last: string]

type Entry = [id: string, fields: string[]]

interface Calls {
  readLog(
    meta: string,
    log: string,
    ...range: [...Range, most: number, maxBytes: number]
  ): Promise<[position: (string | null)[], Entry[]]>
}

const scripts = {
  readLog: { lua: readFileSync(join(import.meta.dirname, 'read-log.lua'), 'utf8'), numberOfKeys: 2 },
}

/**
 * Reads under way at one server. What else is asked of it waits behind them on the one connection, for two seconds at most: of hundreds of clients whose histories
 * have half a megabyte each, all would be refused, and all others with them.
 */
const AT_ONCE = 32

export function logReader(redis: RedisClient, keyPrefix: string, limits: ReadLimits): ReadLog {
  const scripted = withScripts<Calls>(redis, scripts)
  const { maxPublications, maxBytes } = limits
  const turns = turnsByServer(redis)
  return async (place, { since, reverse = false, most = maxPublications }) => {
    const { meta, log } = channelKeys(keyPrefix, place)
    const [range, count] = [rangeOf(since, reverse), Math.min(most, maxPublications)]
    const [position, entries] = await turns(meta)(() =>
      scripted.readLog(meta, log, ...range, count, maxBytes),
    )
    return { ...positionIn(position), publications: entries.map(publicationIn) }
  }
}

/** By the key of what is read: a server that hangs holds up what is read of no other. */
function turnsByServer(redis: RedisClient): (key: string) => LimitFunction {
  const turns = new Map<string | undefined, LimitFunction>()
  return (key) => {
    const server = redis instanceof Cluster ? primaryOf(redis, slotOf(key)) : undefined
    const its = turns.get(server) ?? pLimit(AT_ONCE)
    turns.set(server, its)
    return its
  }
}

function rangeOf(since: number | undefined, reverse: boolean): Range {
  if (reverse) return ['XREVRANGE', since === undefined ? '+' : `${Math.max(0, since - 1)}-0`, '-']
  return ['XRANGE', since === undefined ? '-' : `${since + 1}-0`, '+']
}

/** What a channel's meta says, as HMGET answers it for `epoch` and `offset`. */
export function positionIn([epoch, offset]: (string | null)[]): Position {
  return { epoch: epoch ?? '', offset: Number(offset ?? 0) }
}

function publicationIn([id, fields]: Entry): Publication {
  const info = fieldOf(fields, 'info')
  return {
    offset: Number.parseInt(id, 10),
    data: JSON.parse(fieldOf(fields, 'data') ?? 'null') as unknown,
    ...(info !== undefined && { info: JSON.parse(info) as ClientInfo }),
  }
}

function fieldOf(fields: string[], name: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1]
  return undefined
}
