import type { Position } from '../channels/position.ts'
import { FrameError, type Encoding } from './encoding.ts'

/** What a client may ask, once a frame of it is taken apart and checked. */
export type Command =
  /** The answer to our ping: an empty command. */
  | { kind: 'pong' }
  | { kind: 'connect'; id: number; token: string }
  | { kind: 'refresh'; id: number; token: string }
  /** `since` is set when the client wants to recover. */
  | { kind: 'subscribe'; id: number; channel: string; since: Position | undefined }
  | { kind: 'unsubscribe'; id: number; channel: string }
  | { kind: 'ping'; id: number }
  | { kind: 'rpc'; id: number; method: string; data: unknown }
  /** A command of the protocol that this server does not offer. */
  | { kind: 'unavailable'; id: number }
  /** A command that we know, with fields that it cannot have. */
  | { kind: 'malformed'; id: number }
  /** Nothing that the protocol knows. */
  | { kind: 'unknown'; id: number }

/** Bounds on what one frame may hold. The frame's size is the socket's to bound. */
export interface FrameLimits {
  maxCommandsPerFrame: number
  /** Characters, of the name of a method, too. */
  maxChannelLength: number
}

const notOffered = ['publish', 'presence', 'presence_stats', 'history', 'sub_refresh']
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

function parseCommand(raw: Record<string, unknown>, limits: FrameLimits): Command {
  if (Object.keys(raw).length === 0) return { kind: 'pong' }
  // A message that asks for no reply has no id; there is nobody here to read it, and no way to say so but this.
  if (raw.id === undefined && raw.send !== undefined) throw new FrameError('send is not available')
  const { id } = raw
  if (!isWhole(id) || id < 1 || id > maxId) throw new FrameError('a command has no valid id')
  if (raw.connect !== undefined) return withToken('connect', id, raw.connect)
  if (raw.subscribe !== undefined) return subscribe(id, raw.subscribe, limits)
  if (raw.unsubscribe !== undefined) return unsubscribe(id, raw.unsubscribe, limits)
  if (raw.refresh !== undefined) return withToken('refresh', id, raw.refresh)
  if (raw.ping !== undefined) return { kind: 'ping', id }
  if (raw.rpc !== undefined) return rpc(id, raw.rpc, limits)
  return { kind: notOffered.some((name) => raw[name] !== undefined) ? 'unavailable' : 'unknown', id }
}

function withToken(kind: 'connect' | 'refresh', id: number, body: unknown): Command {
  if (!isRecord(body)) return { kind: 'malformed', id }
  const { token = '' } = body
  return typeof token === 'string' ? { kind, id, token } : { kind: 'malformed', id }
}

function subscribe(id: number, body: unknown, limits: FrameLimits): Command {
  if (!isRecord(body) || !isChannel(body.channel, limits)) return { kind: 'malformed', id }
  const { channel, recover = false, offset = 0, epoch = '' } = body
  if (typeof recover !== 'boolean' || !isWhole(offset) || offset < 0) return { kind: 'malformed', id }
  if (typeof epoch !== 'string' || epoch.length > maxEpochLength) return { kind: 'malformed', id }
  return { kind: 'subscribe', id, channel, since: recover ? { epoch, offset } : undefined }
}

function unsubscribe(id: number, body: unknown, limits: FrameLimits): Command {
  if (!isRecord(body) || !isChannel(body.channel, limits)) return { kind: 'malformed', id }
  return { kind: 'unsubscribe', id, channel: body.channel }
}

function rpc(id: number, body: unknown, { maxChannelLength }: FrameLimits): Command {
  if (!isRecord(body) || typeof body.method !== 'string' || body.method.length > maxChannelLength)
    return { kind: 'malformed', id }
  return { kind: 'rpc', id, method: body.method, data: body.data }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isChannel(value: unknown, { maxChannelLength }: FrameLimits): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxChannelLength
}
