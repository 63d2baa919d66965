import type { Crowd } from './crowd.ts'
import type { Gate } from './gate.ts'
import type { Ledger } from './ledger.ts'
import type { Nodes } from './nodes.ts'
import type { StormRedis } from './storm-redis.ts'
import type { Blow } from './plan.ts'
import { type Publisher, TICKS_A_SECOND } from './publisher.ts'
import { artistChannels } from './listeners.ts'

export interface Struck {
  redis: StormRedis
  /** Places of all channels. */
  places: readonly string[]
  nodes: Nodes
  crowd: Crowd
  publisher: Publisher
  ledger: Ledger
  gate: Gate
}

/** More than the channel of an artist keeps. */
const BURST = 150
/** To each channel of an artist, and less than it keeps: while clients are away, and while they come back. */
const AWAY = 5
const AMID = 30
/** So long that the others take a node for gone. */
const FROZEN_TICKS = 4 * TICKS_A_SECOND

export function nameOf(blow: Blow): string {
  switch (blow.kind) {
    case 'kill':
    case 'drain':
    case 'freeze':
      return `${blow.kind} node ${blow.node}`
    case 'restart Redis':
    case 'restart Redis, its tail torn off':
      return blow.kind
    case 'cut':
      return `cut the connections of one client in ${blow.of}`
    case 'burst while away':
      return `${BURST} messages to ${blow.channel}, while one client in ${blow.of} is away`
    case 'return amid a burst':
      return `one client in ${blow.of} is away, and comes back amid ${AMID} messages to each artist`
  }
}

/** Strikes a crowd at work, and resolves with what there is to tell of it when all is up again. */
export async function strike(blow: Blow, on: Struck): Promise<string> {
  const { nodes, crowd, publisher } = on
  await nodes.supervise()
  await crowd.atWork()
  switch (blow.kind) {
    case 'kill':
    case 'drain':
      await nodes[blow.kind](blow.node)
      return ''
    case 'freeze':
      nodes.freeze(blow.node)
      await publisher.reached(publisher.ticks + FROZEN_TICKS).finally(() => nodes.thaw(blow.node))
      return ''
    case 'cut':
      return `${await crowd.cut(blow)} clients`
    case 'burst while away':
      await crowd.leave(blow)
      await publisher.burst([blow.channel], BURST)
      return `${await crowd.comeBack()} clients`
    case 'return amid a burst': {
      await crowd.leave(blow)
      await publisher.burst(artistChannels, AWAY)
      const burst = publisher.burst(artistChannels, AMID)
      const [back] = await Promise.all([crowd.comeBack(), burst])
      return `${back} clients`
    }
    case 'restart Redis':
      return restartRedis(on, 0)
    case 'restart Redis, its tail torn off':
      return restartRedis(on, blow.share)
  }
}

/** `share`: of what was written in its last second, that is lost. */
async function restartRedis(
  { redis, places, publisher, ledger, gate }: Struck,
  share: number,
): Promise<string> {
  const before = await redis.written()
  await publisher.reached(publisher.ticks + TICKS_A_SECOND)
  await redis.kill()
  // Nobody publishes until it is known what Redis still has.
  await gate.close()
  try {
    ledger.redisFell()
    const written = await redis.written()
    await redis.tear(written - Math.floor(share * Math.max(0, written - before)))
    await redis.start()
    const lost = await Promise.all(
      places.map(async (place) => ledger.survived(place, await redis.positionOf(place))),
    )
    return `${lost.reduce((sum, each) => sum + each)} messages of streams are lost`
  } finally {
    gate.open()
  }
}
