import type { PseudonymOf } from '../../../schemas/pseudonym.ts'
import type { ControlMessage } from '../cluster/control.ts'
import type { RegisteredNode } from '../cluster/node-registry.ts'
import { disconnects, errors, type Disconnect, type ErrorReply } from '../protocol/codes.ts'
import type { ListedSession } from '../sessions/roster.ts'

/** A call that is refused, by the code of the protocol. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly reply: ErrorReply

  /** @param detail for whoever writes the caller: what is wrong with what was asked */
  constructor(reply: ErrorReply, detail?: string) {
    super(detail ?? reply.message)
    this.reply = detail === undefined ? reply : { ...reply, message: `${reply.message}: ${detail}` }
  }
}

export type Asked = Readonly<Record<string, unknown>>

/** What each method answers. @throws ApiError, or what keeps Redis away */
export type Methods = Readonly<Record<string, (asked: Asked) => unknown>>

export interface MethodsOptions {
  pseudonymOf: PseudonymOf
  /** Tells all nodes, and how many heard it. */
  tell(message: ControlMessage): Promise<number>
  nodes(): readonly RegisteredNode[]
  /** The sessions of a listener at all nodes. */
  sessionsOf(listener: string): Promise<ListedSession[]>
}

/**
 * What the operator's servers can ask for. Whose sessions are meant is said by `user`, the id that tokens have as `sub`, which is
 * not kept, or by `listener`, the pseudonym.
 *
 *     info         {}                                                      the nodes, with their connections
 *     connections  { user | listener }                                     the sessions of a listener at all nodes
 *     disconnect   { user | listener, client?, disconnect?: { code, reason } }   ends them, or the one of that id
 */
export function apiMethods({ pseudonymOf, tell, nodes, sessionsOf }: MethodsOptions): Methods {
  /** Whether a message was heard everywhere: if not, it is to be said again. */
  async function tellAll(message: ControlMessage): Promise<Record<string, never>> {
    if ((await tell(message)) < nodes().length) throw new ApiError(errors.internal, 'not all nodes heard it')
    return {}
  }
  const listenerIn = ({ user, listener }: Asked): string => {
    if (isName(user) && listener === undefined) return pseudonymOf(user)
    if (isName(listener) && user === undefined) return listener
    throw new ApiError(errors.badRequest, 'say whose by user, or by listener')
  }
  return {
    info: () => ({ nodes: nodes().map(nodeInfo) }),

    async connections(asked) {
      const sessions = await sessionsOf(listenerIn(asked))
      return {
        connections: Object.fromEntries(
          sessions.map(({ client, node, connectedAt }) => [client, { node, connected_at: connectedAt }]),
        ),
      }
    },

    disconnect(asked) {
      const { client, disconnect = disconnects.forced } = asked
      if (client !== undefined && !isName(client)) throw new ApiError(errors.badRequest, 'client')
      if (!isDisconnect(disconnect))
        throw new ApiError(errors.badRequest, 'disconnect: a code from 3000 to 4999, and a short reason')
      return tellAll({ kind: 'disconnect', listener: listenerIn(asked), client, disconnect })
    },
  }
}

const nodeInfo = ({ id, url, connections, capacity, upForMs, healthy, draining }: RegisteredNode) => ({
  ...{ uid: id, name: url, num_clients: connections, capacity, healthy, draining },
  uptime: Math.floor(upForMs / 1_000),
})

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 255

/** Bytes that fit in a close frame beside the code. */
const LONGEST_REASON = 123

function isDisconnect(value: unknown): value is Disconnect {
  const { code, reason } = (value ?? {}) as Partial<Record<string, unknown>>
  if (!Number.isInteger(code) || (code as number) < 3000 || (code as number) > 4999) return false
  return typeof reason === 'string' && Buffer.byteLength(reason) <= LONGEST_REASON
}
