import { until } from '../../kit/until.ts'
import { type StormReport, accountOf } from './account.ts'
import { type Struck, nameOf, strike } from './blows.ts'
import { Crowd } from './crowd.ts'
import { Gate } from './gate.ts'
import { Ledger } from './ledger.ts'
import { PUBLIC, artistChannels, listenerName, ownPlace } from './listeners.ts'
import { Nodes } from './nodes.ts'
import { type PlanOptions, type PlannedBlow, plan } from './plan.ts'
import { Publisher, TICKS_A_SECOND } from './publisher.ts'
import { stormRedis } from './storm-redis.ts'
import type { Testimony } from './witness.ts'

export interface StormOptions extends PlanOptions {
  clients: number
  /** Over which the clients are spread. */
  processes: number
  /** Over how long a node that stops sends its clients away. */
  drainMs: number
  progress(line: string): void
}

const SETTLE_MS = 60_000
const REPORT_TICKS = 60 * TICKS_A_SECOND
const streams = [PUBLIC, ...artistChannels]

/** Three gateways over one Redis, under clients: what may happen to them happens, and what each client was told is compared with what was published. */
export async function storm(options: StormOptions): Promise<StormReport> {
  const { clients, processes, drainMs, seed, progress } = options
  const redis = await stormRedis()
  const nodes = new Nodes(redis, drainMs)
  const crowd = new Crowd(processes)
  const [ledger, gate] = [new Ledger(), new Gate()]
  const publisher = new Publisher({ redis, clients, nodes, ledger, gate, seed })
  try {
    await nodes.startAll()
    await publisher.start()
    await crowd.open(clients, nodes.origins)
    progress(`${clients} clients have all their channels`)
    const blows = plan(options)
    const places = [...streams, ...Array.from({ length: clients }, (_, at) => ownPlace(listenerName(at)))]
    const on = { redis, places, nodes, crowd, publisher, ledger, gate }
    await strikeAll(blows, on, options)
    progress('the blows are over: waiting until everybody has everything')
    await publisher.finish()
    const behind = await settled(on)
    await nodes.supervise()
    const testimonies = await crowd.testimonies()
    return accountOf({ ...options, blows, testimonies, ledger, behind, faults: nodes.faults })
  } finally {
    await publisher.close()
    await crowd.end()
    await nodes.killAll()
    await redis.close()
  }
}

/** Lane by lane, all lanes at once. */
async function strikeAll(
  blows: readonly PlannedBlow[],
  on: Struck,
  { ticks, progress }: StormOptions,
): Promise<void> {
  const { publisher, crowd } = on
  const [start, end] = [publisher.ticks, publisher.ticks + ticks]
  let struck = 0
  const lanes = [...Map.groupBy(blows, ({ lane }) => lane).values()].map(async (its) => {
    for (const { tick, blow } of its) {
      await publisher.reached(start + tick)
      const name = `${++struck} of ${blows.length}: ${nameOf(blow)}`
      progress(name)
      const told = await strike(blow, on)
      progress(`${name}: over${told === '' ? '' : `, ${told}`}`)
    }
  })
  const reports = async () => {
    for (let tick = start + REPORT_TICKS; tick < end; tick += REPORT_TICKS) {
      await publisher.reached(tick)
      progress(soFar(await crowd.testimonies()))
    }
  }
  await Promise.all([...lanes, reports(), publisher.reached(end)])
}

function soFar(testimonies: readonly Testimony[]): string {
  const sum = (of: 'messages' | 'reconnects' | 'differences') =>
    testimonies.reduce((all, each) => all + each[of], 0)
  return `so far ${sum('messages')} messages, ${sum('reconnects')} reconnects, ${sum('differences')} differences`
}

/** Waits until everybody has everything; answers who does not, in words. */
async function settled({ redis, crowd, publisher }: Struck): Promise<string[]> {
  const ends: Record<string, string> = {}
  for (const channel of streams) {
    const { epoch, offset } = await redis.positionOf(channel)
    ends[channel] = `${epoch} ${offset}`
  }
  let behind: string[] = []
  const met = async () => {
    behind = await crowd.behind({ streams: ends, newest: publisher.newest })
    return behind.length === 0
  }
  await until(met, { what: 'all clients to have everything', within: SETTLE_MS, every: 200 }).catch(
    () => undefined,
  )
  return behind
}
