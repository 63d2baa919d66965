import { readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import type { OnInsert } from '../clickhouse/clickhouse-proxy.ts'
import { type Place, SHARES } from './place.ts'
import type { Roles, Sink } from './roles.ts'
import type { Sender } from './sender.ts'
import type { Progress } from './progress.ts'

export interface Struck {
  place: Place
  roles: Roles
  sender: Sender
  progress: Progress
  random(limit: number): number
}

/** What strikes one another's victims, one after the other; lanes are struck at the same time. */
export type Lane = 'clickhouse' | 'redis' | 'pipeline'

export interface Blow {
  lane: Lane
  name: string
  strike(on: Struck): Promise<void>
}

/** Of what Redis has written last: about a second under this load. */
const MOST_LOST_BYTES = 30_000

/** Kills, in the order in which they are taken until there are as many as are asked for. */
export const kills: readonly Blow[] = [
  {
    lane: 'clickhouse',
    name: 'ClickHouse sink, whose insert has landed',
    strike: (on) => killAtInsert(on, (forward) => forward()),
  },
  { lane: 'redis', name: 'Redis, which loses its last second', strike: loseTail },
  { lane: 'pipeline', name: 'pipeline', strike: ({ roles }) => roles.replace('pipeline') },
  { lane: 'clickhouse', name: 'ClickHouse', strike: ({ place }) => restart(place, 'clickhouse') },
  {
    lane: 'redis',
    name: 'Redis sink',
    strike: ({ roles, random }) => roles.replace(`redis ${random(SHARES)}`),
  },
  {
    lane: 'clickhouse',
    name: 'ClickHouse sink, whose insert comes after that of its successor',
    strike: killBeforeLateInsert,
  },
  { lane: 'redis', name: 'Redis', strike: ({ place }) => restart(place, 'redis') },
  {
    lane: 'clickhouse',
    name: 'ClickHouse sink',
    strike: ({ roles, random }) => roles.replace(`clickhouse ${random(SHARES)}`),
  },
]

/** What is no kill: some of each come on top. */
export const others: readonly Blow[] = [
  { lane: 'clickhouse', name: 'answer to an insert is lost', strike: loseAnswer },
  { lane: 'clickhouse', name: 'ClickHouse sink sleeps amid an insert', strike: freezeAtInsert },
  { lane: 'redis', name: 'Redis is emptied, of scripts, too', strike: empty },
  { lane: 'redis', name: 'Redis sink sleeps', strike: freeze },
]

/** Decides over one insert of a process, the next. Resolves, with what was decided, when it has come. */
async function atNextInsert(on: Struck, share: number, decide: OnInsert): Promise<void> {
  const proxy = on.place.proxies[share]!
  let decided: Promise<unknown> | undefined
  proxy.onInsert((forward, token) => {
    proxy.onInsert((each) => each())
    const answer = decide(forward, token)
    decided = answer
    return answer
  })
  await on.progress.until(`an insert of share ${share}`, () => decided !== undefined)
}

async function killAtInsert(on: Struck, decide: OnInsert): Promise<void> {
  const share = await wholeGroup(on, 'clickhouse')
  const dead = Promise.withResolvers<undefined>()
  await atNextInsert(on, share, async (forward, token) => {
    await decide(forward, token).finally(() => on.roles.kill(`clickhouse ${share}`))
    dead.resolve(undefined)
    return undefined
  })
  await dead.promise
  await on.roles.start(`clickhouse ${share}`)
}

async function killBeforeLateInsert(on: Struck): Promise<void> {
  const held: (() => Promise<unknown>)[] = []
  await killAtInsert(on, (forward) => {
    held.push(forward)
    return Promise.resolve(undefined)
  })
  await on.progress.caughtUp('clickhouse')
  for (const forward of held) await forward()
}

async function loseAnswer(on: Struck): Promise<void> {
  const share = await wholeGroup(on, 'clickhouse')
  await atNextInsert(on, share, async (forward) => {
    await forward()
    return undefined
  })
}

/** Longer than its session: others have its partitions when its insert arrives, and when it wakes. */
async function freezeAtInsert(on: Struck): Promise<void> {
  const share = await wholeGroup(on, 'clickhouse')
  const sink = on.roles.at(`clickhouse ${share}`)
  const over = Promise.withResolvers<undefined>()
  await atNextInsert(on, share, async (forward) => {
    sink.freeze()
    await over.promise
    return forward()
  })
  await membersAre(on, 'clickhouse', SHARES - 1)
  await on.progress.caughtUp('clickhouse')
  over.resolve(undefined)
  sink.thaw()
}

/** It wakes when the group has given it up, and another has gone on. */
async function freeze(on: Struck): Promise<void> {
  const share = await wholeGroup(on, 'redis')
  const sink = on.roles.at(`redis ${share}`)
  sink.freeze()
  await membersAre(on, 'redis', SHARES - 1)
  await on.progress.caughtUp('redis')
  sink.thaw()
}

async function empty({ place }: Struck): Promise<void> {
  await place.redis.multi().flushall().script('FLUSH').exec()
}

async function restart({ stack }: Place, service: 'clickhouse' | 'redis'): Promise<void> {
  await stack.kill(service)
  await stack.start(service)
}

/** Waits until all processes of a sink are in its group; answers which of them is to be struck. */
async function wholeGroup(on: Struck, sink: Sink): Promise<number> {
  await membersAre(on, sink, SHARES)
  return on.random(SHARES)
}

async function membersAre(on: Struck, sink: Sink, count: number): Promise<void> {
  const { room, env } = on.place
  const groupId = `${env['APPLICATION_ID']}.${sink}-sink`
  await on.progress.until(`${count} members of the group of the ${sink} sink`, async () => {
    const { groups } = await withAdmin(room.kafka, (admin) => admin.describeGroups([groupId]))
    return groups.every(({ state, members }) => state === 'Stable' && members.length === count)
  })
}

/** As a power cut does to an append-only file that is synced once a second. */
async function loseTail({ place, random }: Struck): Promise<void> {
  await place.stack.kill('redis')
  const folder = join(place.dataDir, 'redis', 'appendonlydir')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.incr.aof'))
  const file = join(folder, files.sort().at(-1)!)
  await truncate(file, Math.max(0, (await stat(file)).size - random(MOST_LOST_BYTES)))
  await place.stack.start('redis')
}
