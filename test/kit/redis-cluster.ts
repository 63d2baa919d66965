import { Redis } from 'ioredis'
import { freePort } from '../../stack/ports.ts'
import { slotOf } from '../../schemas/redis-servers.ts'
import { redisServer } from './redis-server.ts'
import { until } from './until.ts'

const SLOTS = 16_384
const PRIMARIES = 3

/** A node is given up by the others after so many milliseconds. */
const NODE_TIMEOUT = '500'

const share = Math.ceil(SLOTS / PRIMARIES)

/** Which of the primaries has a key's slot at first. */
export const shareOf = (key: string): number => Math.floor(slotOf(key) / share)

/** A Redis Cluster of a test's own: three primaries with a third of the slots each, and a replica of one of them. */
export type TestCluster = Awaited<ReturnType<typeof redisCluster>>

export async function redisCluster(replicated = 0) {
  const start = async () => {
    const busPort = await freePort()
    const server = await redisServer(
      ...['--cluster-enabled', 'yes', '--cluster-node-timeout', NODE_TIMEOUT, '--appendonly', 'no'],
      ...['--cluster-port', String(busPort), '--repl-diskless-sync-delay', '0'],
    )
    return { ...server, busPort }
  }
  const nodes = await Promise.all(Array.from({ length: PRIMARIES + 1 }, start))
  const admins = nodes.map(({ url }) => new Redis(url, { retryStrategy: () => null }))
  for (const admin of admins) admin.on('error', () => undefined)
  for (const [at, admin] of admins.entries()) {
    if (at < PRIMARIES) {
      await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1)
      await admin.cluster('ADDSLOTSRANGE', at * share, Math.min(SLOTS, (at + 1) * share) - 1)
    }
    // Each to each: word of mouth takes longer.
    for (const { port, busPort } of nodes.slice(0, at))
      await admin.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort)
  }
  const replica = admins.at(-1)!
  const primary = await admins[replicated]!.cluster('MYID')
  await until(() => replica.cluster('REPLICATE', primary).catch(() => undefined), {
    what: 'the replica to know its primary',
  })
  const isWhole = async (admin: Redis) =>
    /cluster_state:ok/.test(await admin.cluster('INFO')) && (await knownIn(admin)) === nodes.length
  await until(async () => (await Promise.all(admins.map(isWhole))).every(Boolean), {
    what: 'the cluster to be whole',
  })
  await until(async () => /master_link_status:up/.test(await replica.info('replication')), {
    what: 'the replica to be in step',
  })

  return {
    /** Of one of its nodes, which stays. */
    url: nodes[(replicated + 1) % PRIMARIES]!.url,
    /** The primary that has a replica is killed, for good. */
    killReplicated: () => nodes[replicated]!.kill(),
    /** Has another primary serve a key's slot, and have what is in it. */
    async moveSlotOf(key: string, from: number, to: number): Promise<void> {
      const slot = slotOf(key)
      const ids = (await Promise.all(admins.map((admin) => admin.call('CLUSTER', 'MYID')))) as string[]
      await admins[to]!.cluster('SETSLOT', slot, 'IMPORTING', ids[from]!)
      await admins[from]!.cluster('SETSLOT', slot, 'MIGRATING', ids[to]!)
      const keys = await admins[from]!.cluster('GETKEYSINSLOT', slot, 1_000)
      if (keys.length > 0)
        await admins[from]!.call('MIGRATE', '127.0.0.1', nodes[to]!.port, '', 0, 5_000, 'KEYS', ...keys)
      for (const at of [to, from, ...admins.keys()])
        if (at < PRIMARIES) await admins[at]!.cluster('SETSLOT', slot, 'NODE', ids[to]!)
    },
    async close(): Promise<void> {
      for (const admin of admins) admin.disconnect()
      await Promise.all(nodes.map((node) => node.close()))
    },
  }
}

/** How many nodes a node knows, with what they do. */
async function knownIn(admin: Redis): Promise<number> {
  const lines = String(await admin.cluster('NODES'))
    .trim()
    .split('\n')
  return lines.filter((line) => !/handshake|noaddr/.test(line)).length
}
