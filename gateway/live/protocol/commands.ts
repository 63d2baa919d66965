import { isTooDeep } from './depth.ts'
import { FrameError, type Encoding } from './encoding.ts'
import type { Position } from './position.ts'

/** What a client may ask, once a frame of it is taken apart and checked. */
export type Command =
  /** The answer to our ping: an empty command. */
  | { kind: 'pong' }
  /** A message that asks for no reply. */
  | { kind: 'send' }
  /** `positions`: where the client stands in channels to which it was subscribed by the server. */
  | { kind: 'connect'; id: number; token: string; positions: ReadonlyMap<string, Position> }
  | { kind: 'refresh'; id: number; token: string }
  | SubscribeCommand
  | { kind: 'sub_refresh'; id: number; channel: string; token: string }
  | { kind: 'unsubscribe'; id: number; channel: string }
  | { kind: 'publish'; id: number; channel: string; data: unknown }
  | HistoryCommand
  | { kind: 'presence' | 'presence_stats'; id: number; channel: string }
  | { kind: 'ping'; id: number }
  | { kind: 'rpc'; id: number; method: string; data: unknown }
  /** A command that we know, with fields that it cannot have. */
  | { kind: 'malformed'; id: number }
  /** Nothing that the protocol knows. */
  | { kind: 'unknown'; id: number }

export interface SubscribeCommand {
  kind: 'subscribe'
  id: number
  channel: string
  /** Set when the client wants to recover. */
  since: Position | undefined
  /** `''` without one. */
  token: string
  /** Whether the client wants to be told who else comes and goes. */
  joinLeave: boolean
}

/** Which part of a channel's history is wanted. */
export interface HistoryQuery {
  /** Messages at most; 0: only the channel's position, negative: as many as allowed. */
  limit: number
  /** Only what is after it, or before it if `reverse`. */
  since: Position | undefined
  /** Newest first. */
  reverse: boolean
}

export interface HistoryCommand extends HistoryQuery {
  kind: 'history'
  id: number
  channel: string
}

/** Bounds on what one frame may hold. The frame's size is the socket's to bound. */
export interface FrameLimits {
  maxCommandsPerFrame: number
  /** Characters, of the name of a method, too. */
  maxChannelLength: number
}

const maxId = 2 ** 32 - 1
const maxEpochLength = 64

/**
 * Takes a frame apart into its commands.
 * @throws FrameError if it is empty, too long, malformed, or a command lacks its id.
 */
export function parseFrame(encoding: Encoding, frame: Buffer, limits: FrameLimits): Command[] {
  return encoding
    .commandsOf(frame, limits.maxCommandsPerFrame)
    .map((command) => parseCommand(command, limits))
}

type Body = Record<string, unknown>
/** The fields of a command, or undefined if it cannot have them. */
type Read = (body: Body, limits: FrameLimits) => object | undefined

const nothingMore = () => ({})

const withToken: Read = ({ token = '' }) => (typeof token === 'string' ? { token } : undefined)

const readers: Readonly<Record<string, Read>> = {
  connect(body, limits) {
    const positions = positionsIn(body.subs, limits)
    const token = withToken(body, limits)
    return token && positions && { ...token, positions }
  },
  refresh: withToken,
  subscribe({ token = '', recover = false, offset, epoch, join_leave: joinLeave = false }) {
    if (typeof token !== 'string' || typeof recover !== 'boolean' || typeof joinLeave !== 'boolean')
      return undefined
    const since = positionIn({ offset, epoch })
    return since && { since: recover ? since : undefined, token, joinLeave }
  },
  sub_refresh: withToken,
  unsubscribe: nothingMore,
  publish: ({ data }) => (data === undefined || isTooDeep(data) ? undefined : { data }),
  history({ limit = 0, since: given, reverse = false }) {
    if (!isWhole(limit) || typeof reverse !== 'boolean') return undefined
    // The kept client writes null for none.
    if (given === undefined || given === null) return { limit, since: undefined, reverse }
    const since = positionIn(given)
    return since && { limit, since, reverse }
  },
  presence: nothingMore,
  presence_stats: nothingMore,
  rpc: ({ method, data }, { maxChannelLength }) =>
    typeof method === 'string' && method.length <= maxChannelLength && !isTooDeep(data)
      ? { method, data }
      : undefined,
}

const withoutChannel = ['connect', 'refresh', 'rpc']

function parseCommand(raw: Body, limits: FrameLimits): Command {
  if (Object.keys(raw).length === 0) return { kind: 'pong' }
  const { id } = raw
  if ((id === undefined || id === 0) && raw.send !== undefined) return { kind: 'send' }
  if (!isWhole(id) || id < 1 || id > maxId) throw new FrameError('a command has no valid id')
  if (raw.ping !== undefined) return { kind: 'ping', id }
  const kind = Object.keys(readers).find((name) => raw[name] !== undefined)
  if (kind === undefined) return { kind: 'unknown', id }
  const body = raw[kind]
  if (!isRecord(body)) return { kind: 'malformed', id }
  const { channel } = body
  const needsChannel = !withoutChannel.includes(kind)
  if (needsChannel && !isChannel(channel, limits)) return { kind: 'malformed', id }
  const fields = readers[kind]!(body, limits)
  if (fields === undefined) return { kind: 'malformed', id }
  return { kind, id, ...(needsChannel && { channel }), ...fields } as Command
}

/** Positions by channel, of the channels whose position is said. */
function positionsIn(subs: unknown, limits: FrameLimits): Map<string, Position> | undefined {
  const positions = new Map<string, Position>()
  if (subs === undefined || subs === null) return positions
  if (!isRecord(subs)) return undefined
  for (const [channel, asked] of Object.entries(subs)) {
    if (!isChannel(channel, limits) || !isRecord(asked)) return undefined
    const position = positionIn(asked)
    if (position === undefined) return undefined
    if (asked.recover === true) positions.set(channel, position)
  }
  return positions
}

function positionIn(value: unknown): Position | undefined {
  if (!isRecord(value)) return undefined
  const { offset = 0, epoch = '' } = value
  if (!isWhole(offset) || offset < 0) return undefined
  return typeof epoch === 'string' && epoch.length <= maxEpochLength ? { epoch, offset } : undefined
}

function isRecord(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isChannel(value: unknown, { maxChannelLength }: FrameLimits): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxChannelLength
}
