import { numbers } from '../../kit/numbers.ts'
import { NODES } from './nodes.ts'
import { artistChannels } from './listeners.ts'

/** What is struck one after the other; lanes are struck at the same time. */
export type Lane = 'nodes' | 'redis' | 'clients'

export type Blow =
  | { kind: 'kill' | 'drain' | 'freeze'; node: number }
  | { kind: 'restart Redis' | 'restart Redis, its tail torn off'; share: number }
  | { kind: 'cut'; of: number; at: number }
  | { kind: 'burst while away'; of: number; at: number; channel: string }
  | { kind: 'return amid a burst'; of: number; at: number }

export interface PlannedBlow {
  lane: Lane
  /** When it is due, if the one before in its lane is over. */
  tick: number
  blow: Blow
}

export interface PlanOptions {
  /** Not 0. */
  seed: number
  /** For how long. */
  ticks: number
  /** Ticks from one blow to the next, at least and at most, by lane. */
  gaps: Readonly<Record<Lane, readonly [least: number, most: number]>>
  /** Whether nothing is struck but nodes and connections: then nobody may be told that they have not recovered. */
  nodesOnly: boolean
}

/** A share of the clients is one of so many. */
const SHARES = 8
const PERCENT = 100

/** What happens when; the same for the same seed. */
export function plan({ seed, ticks, gaps, nodesOnly }: PlanOptions): PlannedBlow[] {
  const random = numbers(seed)
  const share = () => ({ of: SHARES, at: random(SHARES) })
  const cut = (): Blow => ({ kind: 'cut', ...share() })
  const burst = (): Blow => ({
    kind: 'burst while away',
    ...share(),
    channel: artistChannels[random(artistChannels.length)]!,
  })
  const amid = (): Blow => ({ kind: 'return amid a burst', of: 2, at: random(2) })
  const ofNode = (kind: 'kill' | 'drain' | 'freeze') => (): Blow => ({ kind, node: random(NODES) })
  const kinds: Record<Lane, (() => Blow)[]> = {
    nodes: (['kill', 'drain', 'kill', 'drain', 'freeze'] as const).map(ofNode),
    redis: (['restart Redis, its tail torn off', 'restart Redis'] as const).map((kind) => () => {
      return { kind, share: random(PERCENT) / PERCENT }
    }),
    clients: nodesOnly ? [cut, amid] : [amid, cut, burst],
  }
  const lanes: readonly Lane[] = nodesOnly ? ['nodes', 'clients'] : ['nodes', 'redis', 'clients']
  return lanes.flatMap((lane) => {
    const [least, most] = gaps[lane]
    const planned: PlannedBlow[] = []
    for (let tick = random(least); tick < ticks; tick += least + random(most - least)) {
      const its = kinds[lane]
      planned.push({ lane, tick, blow: its[planned.length % its.length]!() })
    }
    return planned
  })
}
