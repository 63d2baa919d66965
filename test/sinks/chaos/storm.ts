import type { Comparison } from '../../contracts/compare.ts'
import { numbers } from '../../kit/numbers.ts'
import { topics } from '../../../schemas/topics.ts'
import { type Blow, type Struck, kills, others } from './blows.ts'
import { comparisons } from './comparisons.ts'
import { makePlace } from './place.ts'
import { Progress } from './progress.ts'
import { Roles } from './roles.ts'
import { Sender } from './sender.ts'

export interface StormOptions {
  /** How many processes are killed; other blows come on top. */
  kills: number
  /** What happens, in which order, under which plays; when exactly is the machine's. Not 0. */
  seed: number
  progress(line: string): void
}

export interface StormReport {
  blows: number
  comparisons: Comparison[]
  /** Last words of processes that ended by themselves; they were started again. */
  crashes: string[]
}

const MOST_ROUNDS_BETWEEN = 10

/** Sends plays and lists through a pipeline and sinks, while all that may happen to these and to their stores happens, and compares every row. */
export async function storm(options: StormOptions): Promise<StormReport> {
  const place = await makePlace()
  const roles = new Roles(place)
  const sender = new Sender(place, options.seed)
  try {
    await Promise.all([roles.startAll(), sender.start()])
    const progress = new Progress(place, roles)
    const random = numbers(options.seed)
    const all = blows(options.kills, random)
    await strikeAll(all, { place, roles, sender, progress, random }, options.progress)
    options.progress('the blows are over: waiting for all to be written')
    // A channel that began anew says nothing until something changes.
    await sender.progress(2)
    await sender.finish()
    await drained(progress, place.room)
    return { blows: all.length, comparisons: await comparisons(place), crashes: roles.crashes }
  } finally {
    await sender.finish()
    await roles.killAll()
    await place.close()
  }
}

/** So many kills, of each kind as many, and a tenth as many of each other blow, in an order of chance. */
function blows(count: number, random: Struck['random']): Blow[] {
  const all = Array.from({ length: count }, (_, at) => kills[at % kills.length]!)
  for (const other of others) all.push(...Array<Blow>(Math.ceil(count / 10)).fill(other))
  for (let at = all.length - 1; at > 0; at--) {
    const with_ = random(at + 1)
    ;[all[at], all[with_]] = [all[with_]!, all[at]!]
  }
  return all
}

/** Lane by lane, all lanes at once: often before the last blow has been got over. */
async function strikeAll(all: Blow[], on: Struck, say: StormOptions['progress']): Promise<void> {
  let struck = 0
  const lanes = [...Map.groupBy(all, ({ lane }) => lane)]
  await on.progress.caughtUp('clickhouse')
  await Promise.all(
    lanes.map(async ([lane, its]) => {
      for (const { name, strike } of its) {
        say(`${++struck} of ${all.length}: ${name}`)
        await strike(on)
        if (on.random(2) === 0) await on.progress.caughtUp(lane)
        else await on.sender.progress(1 + on.random(MOST_ROUNDS_BETWEEN))
      }
    }),
  )
}

async function drained(progress: Progress, room: Struck['place']['room']): Promise<void> {
  await progress.until('all processes to do their work', () => true)
  await room.caughtUp('listening-totals', topics.playsClean)
  await room.caughtUp('listening-totals', topics.playsByArtist)
  await progress.caughtUp('clickhouse')
  await progress.caughtUp('redis')
  await room.caughtUp('clickhouse-sink', topics.playsClean, topics.artistTotals)
}
