import { Centrifuge, State, SubscriptionState } from 'centrifuge'
import { Centrifuge as CentrifugeProtobuf } from 'centrifuge/build/protobuf'
import { WebSocket } from 'ws'
import { balancedWebSocket } from '../../../client/index.ts'
import { until } from '../../kit/until.ts'
import type { Ask } from './crowd.ts'
import { OWN, listenerName, serialOf, streamsOf, tokenOf } from './listeners.ts'
import { type Sight, newestSight, streamSight } from './sights.ts'
import { type Testimony, Witness } from './witness.ts'

/** For a node to take a connection: on a machine that all of them share it may be slow to. */
const CONNECT_MS = 10_000
/** Longer than a burst of reconnects takes, and shorter than the history of a channel. */
const LONGEST_PAUSE_MS = 2_000
const WITHIN_MS = 120_000
/** Longer than a starved machine needs: who gives up and begins anew makes it more to do. */
const CALL_MS = 30_000
/** Of so many clients one speaks Protobuf. */
const PROTOBUF_OF = 4
const AT_ONCE = 50
/** The code of a disconnect that was asked for. */
const CALLED = 0

interface Client {
  at: number
  centrifuge: Centrifuge
  sights: Map<string, Sight>
  /** Breaks off the connection that there is, as a network does. */
  cut(): void
}

/** The clients of one process: the kept ones, unmodified, each over a pool of nodes of its own. */
export class Clients {
  readonly #witness = new Witness(() => performance.now())
  readonly #clients: Client[] = []
  #away: Client[] = []

  get testimony(): Testimony {
    return this.#witness.testimony
  }

  /** Resolves when all have all their channels. */
  async open({ first, count, seeds }: Ask<'open'>): Promise<void> {
    for (let at = first; at < first + count; at++) {
      const client = clientOf(at, seeds, this.#witness)
      this.#clients.push(client)
      client.centrifuge.connect()
      if ((at - first) % AT_ONCE === AT_ONCE - 1) await this.#allSubscribed()
    }
    await this.#allSubscribed()
  }

  /** Answers how many it was, as the next two do. */
  cut(share: Ask<'cut'>): number {
    const cut = this.#share(share)
    for (const client of cut) client.cut()
    return cut.length
  }

  leave(share: Ask<'leave'>): number {
    this.#away = this.#share(share)
    for (const { centrifuge } of this.#away) centrifuge.disconnect()
    return this.#away.length
  }

  comeBack(): number {
    for (const { centrifuge } of this.#away) centrifuge.connect()
    return this.#away.length
  }

  /** How many more clients have all their channels than are without. */
  atWork(): number {
    const here = this.#clients.filter(({ centrifuge }) => centrifuge.state !== State.Disconnected)
    const hasAll = ({ centrifuge }: Client) =>
      Object.values(centrifuge.subscriptions()).every(({ state }) => state === SubscriptionState.Subscribed)
    return 2 * here.filter(hasAll).length - here.length
  }

  /** Which clients do not stand where a channel ends, or do not have the newest of their own; the first of them. */
  behind({ streams, newest }: Ask<'behind'>): string[] {
    const found: string[] = []
    for (const { at, sights } of this.#clients)
      for (const [channel, { position, serial }] of sights) {
        const wanted = streams[channel]
        const stands = `${position?.epoch} ${position?.offset}`
        if (wanted !== undefined && stands !== wanted)
          found.push(`${listenerName(at)}, ${channel}: stands at ${stands}, not at its end, ${wanted}`)
        else if (channel === OWN && serial !== newest[at])
          found.push(`${listenerName(at)}, ${channel}: has ${serial}, not the newest, ${newest[at]}`)
      }
    return found
  }

  #share({ of, at }: Ask<'cut' | 'leave'>): Client[] {
    return this.#clients.filter((client) => client.at % of === at)
  }

  async #allSubscribed(): Promise<void> {
    const isSubscribed = ({ sights }: Client) =>
      [...sights.values()].every(({ position }) => position !== undefined)
    await until(() => this.#clients.every(isSubscribed), {
      what: 'clients to subscribe',
      within: WITHIN_MS,
    })
  }
}

function clientOf(at: number, seeds: readonly string[], witness: Witness): Client {
  const name = listenerName(at)
  const { Socket, cut } = socketsThatBreak()
  const isProtobuf = at % PROTOBUF_OF === 0
  const Constructor = isProtobuf ? (CentrifugeProtobuf as unknown as typeof Centrifuge) : Centrifuge
  const websocket = balancedWebSocket({ seeds, WebSocket: Socket, connectWithin: CONNECT_MS })
  const centrifuge = new Constructor('ws://the.seeds.decide', {
    websocket,
    timeout: CALL_MS,
    maxReconnectDelay: LONGEST_PAUSE_MS,
    getToken: () => tokenOf(name),
  })
  witnessConnections(centrifuge, name, witness)
  const sights = new Map<string, Sight>(
    streamsOf(at).map((channel) => [channel, streamSight(witness, { client: name, channel })]),
  )
  sights.set(OWN, newestSight(witness, { client: name, channel: OWN }))
  for (const [channel, sight] of sights) {
    const subscription = centrifuge.newSubscription(channel, { maxResubscribeDelay: LONGEST_PAUSE_MS })
    subscription.on('subscribed', (context) => sight.subscribed(context))
    subscription.on('publication', ({ offset, data }) => {
      const read: unknown = isProtobuf ? JSON.parse(Buffer.from(data as Uint8Array).toString()) : data
      sight.published(offset!, serialOf(channel, read))
    })
    subscription.on('error', () => undefined)
    subscription.on('unsubscribed', ({ code, reason }) =>
      witness.differs({ client: name, channel }, `ended for good: ${code} ${reason}`),
    )
    subscription.subscribe()
  }
  return { at, centrifuge, sights, cut }
}

function witnessConnections(centrifuge: Centrifuge, client: string, witness: Witness): void {
  let isFirst = true
  centrifuge.on('connected', () => {
    if (!isFirst) witness.reconnects++
    isFirst = false
    witness.happened(client, 'connected')
  })
  centrifuge.on('connecting', ({ code, reason }) => witness.happened(client, `broken off ${code} ${reason}`))
  centrifuge.on('error', ({ type, error }) => witness.happened(client, `${type} ${error.code}`))
  centrifuge.on('disconnected', ({ code, reason }) => {
    if (code !== CALLED) witness.differs({ client, channel: 'all' }, `sent away for good: ${code} ${reason}`)
  })
}

/** Sockets of the package `ws`: unlike Node's own they can break off without a word. */
function socketsThatBreak(): { Socket: typeof globalThis.WebSocket; cut(): void } {
  const open = new Set<WebSocket>()
  class Socket extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, { perMessageDeflate: false })
      open.add(this)
      this.on('close', () => open.delete(this))
    }
  }
  const cut = () => open.forEach((socket) => socket.terminate())
  return { Socket: Socket as unknown as typeof globalThis.WebSocket, cut }
}
