import { Centrifuge, type SubscribedContext, disconnectedCodes } from 'centrifuge'
import { type TopArtistsUpdate, channels } from '../../schemas/channels.ts'
import type { Connection, Resumption } from './model/connection.ts'
import { fieldsOf } from './model/shape.ts'
import { isTopArtistsUpdate } from './model/update.ts'
import { tokenSource } from './token.ts'

const unauthorized: number = disconnectedCodes.unauthorized
/** The code of the Centrifuge protocol for a token that the server does not take. */
const INVALID_TOKEN = 3500

export interface LiveHandlers {
  connection(connection: Connection): void
  /** Once for each lost connection that came back, after what was replayed. */
  resumed(resumption: Resumption): void
  /** `replayed`: it was published while this page was away. */
  update(update: TopArtistsUpdate, replayed: boolean): void
}

export interface Live {
  /** For what else goes over this connection. */
  client: Centrifuge
  /** Whom the gateway knows the reader as, once it does. */
  listener: Promise<string>
  /** The reader's token, for what else is asked with it. @throws Error that says where one comes from */
  token(): Promise<string>
  retry(): void
}

/** Follows the live channel. The client reconnects and recovers by itself; this tells what that means to a reader. */
export function followLive(gatewayUrl: string, on: LiveHandlers): Live {
  let refusal: string | undefined
  const connection = connectionState(on)
  const token = tokenSource((reason) => {
    refusal = reason
  })
  const client = new Centrifuge(gatewayUrl, {
    getToken: token.get,
    minReconnectDelay: 200,
    maxReconnectDelay: 5_000,
  })
  const subscription = client.newSubscription(channels.topArtists, { recoverable: true, positioned: true })
  const position = followPosition(on)

  client.on('connecting', connection.lose)
  client.on('error', ({ type }) => {
    if (connection.kind() === 'connecting')
      connection.become({ kind: 'connecting', trouble: troubleOf(type) })
  })
  client.on('disconnected', ({ code, reason }) => {
    if (code === INVALID_TOKEN) {
      token.refused()
      client.setToken('')
    }
    connection.lose()
    const closed = `The gateway closed the connection for good: ${reason} (${code}).`
    const isOfToken = code === unauthorized || code === INVALID_TOKEN
    connection.become({ kind: 'refused', reason: (isOfToken ? refusal : undefined) ?? closed })
  })

  subscription.on('subscribing', connection.lose)
  subscription.on('unsubscribed', ({ code, reason }) => {
    if (connection.kind() === 'refused') return
    connection.lose()
    connection.become({ kind: 'refused', reason: `The gateway refused the channel: ${reason} (${code}).` })
  })
  subscription.on('subscribed', (context) => {
    position.subscribed(context, connection.resume())
  })
  subscription.on('publication', ({ data, offset }) => {
    position.published(offset)
    if (isTopArtistsUpdate(data)) on.update(data, position.replaying())
  })

  subscription.subscribe()
  client.connect()
  return {
    client,
    listener: listenerIn(client),
    token: token.current,
    retry() {
      connection.become({ kind: 'connecting' })
      subscription.subscribe()
      client.connect()
    },
  }
}

/** How the connection is, and since when updates may be missing, whatever has become of it in between. */
function connectionState(on: Pick<LiveHandlers, 'connection'>) {
  let connection: Connection = { kind: 'connecting' }
  let awaySince: number | undefined
  const become = (next: Connection): void => {
    connection = next
    on.connection(next)
  }
  return {
    kind: () => connection.kind,
    become,
    lose(): void {
      if (connection.kind !== 'live') return
      awaySince = Date.now()
      become({ kind: 'lost', since: awaySince })
    },
    /** It is live. @returns for how many ms it was not; undefined the first time */
    resume(): number | undefined {
      const awayMs = awaySince === undefined ? undefined : Date.now() - awaySince
      awaySince = undefined
      become({ kind: 'live' })
      return awayMs
    },
  }
}

const listenerIn = (client: Centrifuge): Promise<string> =>
  new Promise((resolve) => {
    client.on('connected', ({ data }) => {
      const { listener } = fieldsOf(data)
      if (typeof listener === 'string') resolve(listener)
    })
  })

/** Knows where in the channel this page is, and so what a resumption brought or left out. */
function followPosition(on: Pick<LiveHandlers, 'resumed'>) {
  let epoch: string | undefined
  let offset = 0
  let replayed: number | undefined

  return {
    subscribed({ recovered, streamPosition }: SubscribedContext, awayMs: number | undefined): void {
      const missed =
        streamPosition && streamPosition.epoch === epoch ? streamPosition.offset - offset : undefined
      if (streamPosition) ({ epoch } = streamPosition)
      if (!recovered) offset = streamPosition?.offset ?? 0
      if (awayMs === undefined) return
      if (!recovered) return on.resumed({ recovered: false, missed, awayMs })

      // What was missed is delivered in this same task, right after this event.
      replayed = 0
      queueMicrotask(() => {
        on.resumed({ recovered: true, replayed: replayed ?? 0, awayMs })
        replayed = undefined
      })
    },
    published(at: number | undefined): void {
      offset = at ?? offset
      if (replayed !== undefined) replayed++
    },
    replaying: () => replayed !== undefined,
  }
}

function troubleOf(type: string): string {
  return type === 'connectToken'
    ? 'No token to be had from this page’s server yet; trying again.'
    : 'The gateway does not answer yet; trying again.'
}
