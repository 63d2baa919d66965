import { channelOf, channels, nameOfChannel, ownChannels } from '../../../schemas/channels.ts'
import type { History } from './publish.ts'

/** Something that a client asks for in a channel which it has subscribed to. */
export type Right = 'publish' | 'history' | 'presence'

/** Rules for channels of a kind. */
export interface Namespace {
  /** What they are called, as people write it. */
  readonly title: string
  /** Whether a channel is one of them. */
  readonly has: (channel: string) => boolean
  /**
   * `stream`: a subscriber gets every message, or is told that some are gone. `latest`: the newest message says all, so that who comes, comes
   * back or is slow gets that one alone.
   */
  readonly keeps: 'stream' | 'latest'
  /** Of what is published through the gateway. The Redis sink has its own for what it writes. */
  readonly history: History
  /** Who may subscribe: everybody who is connected, or who has a token for the very channel. */
  readonly subscribe: 'everybody' | 'by token'
  /** What subscribers may do beside reading; all else, and all that others want, is refused. */
  readonly subscribers: readonly Right[]
}

const DAY_SECONDS = 86_400
const oneOf =
  (names: Readonly<Record<string, string>>) =>
  (channel: string): boolean =>
    Object.values(names).includes(channel)
/** Nothing in a name may end the braces that keep a channel's keys in one slot of a Redis Cluster. */
const named = (prefix: string) => {
  const pattern = new RegExp(`^${prefix}:[\\w.~-]{1,128}$`)
  return (channel: string): boolean => pattern.test(channel)
}

/** All channels that there are. A channel of no namespace does not exist for anybody. */
export const namespaces: readonly Namespace[] = [
  {
    title: channels.topArtists,
    has: oneOf(channels),
    keeps: 'stream',
    history: { size: 300, seconds: 0 },
    subscribe: 'everybody',
    subscribers: ['history'],
  },
  {
    // Whoever asks for it gets their own: there is no name for another's.
    title: 'me:…',
    has: oneOf(ownChannels),
    keeps: 'latest',
    history: { size: 1, seconds: 30 * DAY_SECONDS },
    subscribe: 'everybody',
    subscribers: ['history'],
  },
  {
    // Who listens to an artist is nobody's business: no presence.
    title: 'artist:ID',
    has: named('artist'),
    keeps: 'stream',
    history: { size: 100, seconds: DAY_SECONDS },
    subscribe: 'everybody',
    subscribers: ['history'],
  },
  {
    // Listeners speak to one another here: the operator decides by tokens who does, and without any there are no rooms.
    title: 'room:NAME',
    has: named('room'),
    keeps: 'stream',
    history: { size: 100, seconds: 600 },
    subscribe: 'by token',
    subscribers: ['publish', 'history', 'presence'],
  },
]

/** A channel as one listener has it. */
export interface Channel {
  /** What clients call it. */
  name: string
  /** Where it lies in Redis. */
  place: string
  rules: Namespace
}

/** The channel that a listener means by a name; undefined if there is none. */
export function channelFor(name: string, listener: string): Channel | undefined {
  const rules = rulesOf(name)
  if (rules === undefined) return undefined
  return { name, place: oneOf(ownChannels)(name) ? channelOf(name, listener) : name, rules }
}

/** The rules of a channel by where it lies in Redis. */
export const rulesOfPlace = (place: string): Namespace | undefined => rulesOf(nameOfChannel(place))

const rulesOf = (name: string): Namespace | undefined => namespaces.find(({ has }) => has(name))
