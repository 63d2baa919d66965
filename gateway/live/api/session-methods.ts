import type { PseudonymOf } from '../../../schemas/pseudonym.ts'
import type { ControlMessage } from '../cluster/control.ts'
import type { RegisteredNode } from '../cluster/node-registry.ts'
import { disconnects, errors, type Disconnect } from '../protocol/codes.ts'
import type { ListedSession } from '../sessions/roster.ts'
import { ApiError, channelIn, listenerIn, nameIn, type Asked, type Methods } from './asked.ts'

export interface SessionMethodsOptions {
  pseudonymOf: PseudonymOf
  /** Tells all nodes, and how many heard it. */
  tell(message: ControlMessage): Promise<number>
  nodes(): readonly RegisteredNode[]
  /** The sessions of a listener at all nodes. */
  sessionsOf(listener: string): Promise<ListedSession[]>
}

/**
 * Gateways and sessions. Whose sessions are meant is said by `user`, the id that tokens have as `sub`, which is kept
 * nowhere, or by `listener`, the pseudonym; with `client` only the one of that id.
 *
 *     info         {}                                                            the nodes, with their connections
 *     connections  { user | listener }                                           the sessions of a listener at all nodes
 *     disconnect   { user | listener, client?, disconnect?: { code, reason } }   ends them
 *     subscribe    { user | listener, client?, channel }                         subscribes them, until they end
 *     unsubscribe  { user | listener, client?, channel }                         ends their subscription, whoever wanted it
 */
export function sessionMethods({ pseudonymOf, tell, nodes, sessionsOf }: SessionMethodsOptions): Methods {
  /** @throws ApiError if not all heard it: it is to be said again */
  async function tellAll(message: ControlMessage): Promise<Record<string, never>> {
    if ((await tell(message)) < nodes().length) throw new ApiError(errors.internal, 'not all nodes heard it')
    return {}
  }
  const whose = (asked: Asked) => ({
    listener: listenerIn(asked, pseudonymOf),
    client: nameIn(asked, 'client'),
  })
  const tellOfChannel = (kind: 'subscribe' | 'unsubscribe') => (asked: Asked) =>
    tellAll({ kind, ...whose(asked), channel: channelIn(asked, pseudonymOf).name })
  return {
    info: () => ({ nodes: nodes().map(nodeInfo) }),

    async connections(asked) {
      const sessions = await sessionsOf(listenerIn(asked, pseudonymOf))
      return {
        connections: Object.fromEntries(
          sessions.map(({ client, node, connectedAt }) => [client, { node, connected_at: connectedAt }]),
        ),
      }
    },

    disconnect(asked) {
      const { disconnect = disconnects.forced } = asked
      if (!isDisconnect(disconnect))
        throw new ApiError(errors.badRequest, 'disconnect: a code from 3000 to 4999, and a short reason')
      return tellAll({ kind: 'disconnect', ...whose(asked), disconnect })
    },

    subscribe: tellOfChannel('subscribe'),
    unsubscribe: tellOfChannel('unsubscribe'),
  }
}

const nodeInfo = ({ id, url, connections, capacity, upForMs, healthy, draining }: RegisteredNode) => ({
  uid: id,
  name: url,
  num_clients: connections,
  capacity,
  healthy,
  draining,
  uptime: Math.floor(upForMs / 1_000),
})

/** Bytes that fit in a close frame beside the code. */
const LONGEST_REASON = 123

function isDisconnect(value: unknown): value is Disconnect {
  const { code, reason } = (value ?? {}) as Partial<Record<string, unknown>>
  if (!Number.isInteger(code) || (code as number) < 3000 || (code as number) > 4999) return false
  return typeof reason === 'string' && reason.isWellFormed() && Buffer.byteLength(reason) <= LONGEST_REASON
}
