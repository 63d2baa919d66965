import { setTimeout as delay } from 'node:timers/promises'
import type { Guarantee } from '../../../../pipelines/engine/kafka/delivery.ts'
import type { Stack } from '../../../../stack/index.ts'
import type { PlaySender } from './play-sender.ts'
import type { Workers } from './workers.ts'

/** What may happen: a process is killed, frozen, or stopped in order; the broker is killed; others come and go. */
export type Blow = 'kill' | 'freeze' | 'hand-over' | 'broker' | 'storm'

export interface Struck {
  workers: Workers
  sender: PlaySender
  stack: Stack
  random(limit: number): number
  progress(line: string): void
}

export const PROCESSES = 3
const MOST_ROUNDS_BETWEEN = 4

const others: Record<Guarantee, readonly Blow[]> = {
  'exactly-once': ['freeze', 'hand-over', 'broker', 'storm'],
  // Without transactions nobody is fenced: one that wakes may write old state over new.
  'at-least-once': ['hand-over', 'broker', 'storm'],
}

/** `kills` blows of that kind, with a fifth as many of each other that the guarantee covers, in an order of chance. */
export function blows(kills: number, guarantee: Guarantee, random: (limit: number) => number): Blow[] {
  const ofEach = Math.ceil(kills / 5)
  const all: Blow[] = Array<Blow>(kills).fill('kill')
  for (const kind of others[guarantee])
    for (let count = 0; count < ofEach; count++) all.splice(random(all.length + 1), 0, kind)
  return all
}

/** Strikes one blow after the other, often before the last has been got over. */
export async function strike(all: Blow[], on: Struck): Promise<void> {
  const { workers, sender, random, progress } = on
  const free = new Set(Array.from({ length: PROCESSES }, (_, place) => place))
  const underWay = new Set<Promise<void>>()
  const failed = Promise.withResolvers<never>()
  // Awaited below; until then it may fail.
  failed.promise.catch(() => undefined)
  for (const [number, blow] of all.entries()) {
    while (free.size === 0) await Promise.race([failed.promise, ...underWay])
    const place = [...free][random(free.size)]!
    free.delete(place)
    progress(`${number + 1} of ${all.length}: ${blow}, process ${place}`)
    const struck = strikes[blow](on, place).finally(() => {
      free.add(place)
      underWay.delete(struck)
    })
    underWay.add(struck)
    struck.catch(failed.reject)
    if (blow === 'broker') await struck
    // Amid what follows for the group, or when some plays have come through since.
    else if (random(2) === 0) await workers.joined(place)
    else await sender.progress(1 + random(MOST_ROUNDS_BETWEEN))
  }
  await Promise.race([failed.promise, Promise.all(underWay)])
}

/** Kills the broker, and starts it again after so long, ms: that is what is tried, and nobody can be asked for anything meanwhile. */
export async function breakOff(stack: Stack, ms = 0): Promise<void> {
  await stack.kill('kafka')
  await delay(ms)
  await stack.start('kafka')
}

const strikes: Record<Blow, (on: Struck, place: number) => Promise<void>> = {
  async kill({ workers }, place) {
    await workers.kill(place)
    workers.start(place)
  },

  /** It wakes when the group has given it up. */
  async freeze({ workers }, place) {
    await workers.joined(place)
    workers.freeze(place)
    await workers.left(place)
    workers.thaw(place)
  },

  async 'hand-over'({ workers }, place) {
    const how = await workers.stop(place)
    // SIGTERM ends one that has just been started and does not listen yet.
    if (how !== '0' && how !== 'SIGTERM')
      throw new Error(`told to stop in order, process ${place} ended with ${how}`)
    workers.start(place)
  },

  broker: ({ stack }) => breakOff(stack),

  /** One more process comes, and goes before or after it has been given anything. */
  async storm({ workers, random }, place) {
    const guest = PROCESSES + place
    for (let visits = 2 + random(2); visits > 0; visits--) {
      workers.start(guest)
      if (random(2) === 0) await workers.ready(guest)
      else await workers.joined(guest)
      if (random(2) === 0) await workers.kill(guest)
      else await workers.stop(guest)
    }
  },
}
