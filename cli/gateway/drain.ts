import { setTimeout as pause } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import { tellNodes } from '../../gateway/live/cluster/control.ts'
import { type RegisteredNode, readNodes } from '../../gateway/live/cluster/node-registry.ts'
import type { RedisClient } from '../../schemas/redis-servers.ts'
import { lengthOfTime } from '../options.ts'
import { counted } from '../status/text.ts'
import { inRedis } from './in-redis.ts'

const LOOK_EVERY_MS = 200
/** For a node to end after its last client, and to be known to have. */
const REST_MS = 15_000

/** `continuo gateway drain NODE [--over 30s]` */
export function drainCommand(): Command {
  return new Command('drain')
    .summary('have a gateway send its clients to the others, little by little, and end')
    .argument('<node>', 'its id, as `continuo gateway nodes` lists it, or how that begins', beginningOfId)
    .option('--over <time>', 'how long that may take: 30s, 5m (default: 30s)', lengthOfTime)
    .addHelpText(
      'after',
      '\nIt takes no new connections from the first moment on. Its clients are told to come back, and find another by GET /endpoints, or by what stands before them.',
    )
    .action((node: string, { over = 30 }: { over?: number }, command: Command) =>
      inRedis(async (redis, { REDIS_PREFIX }) => {
        const { id, connections } = named(node, await readNodes(redis, REDIS_PREFIX), command)
        await tellNodes(redis, REDIS_PREFIX, { kind: 'drain', node: id, overMs: over * 1_000 })
        console.log(`${id} drains: ${counted(connections, 'connection')} in at most ${over} s`)
        const ended = await isGone(redis, REDIS_PREFIX, id, over * 1_000 + REST_MS).catch(() =>
          command.error(
            `error: Redis is gone, and cannot tell whether ${id} has ended: it drains all the same, look by \`continuo gateway nodes\` when Redis is back`,
          ),
        )
        if (!ended) command.error(`error: ${id} is still there: look into its log, or stop its process`)
        console.log(`${id} has ended`)
      }),
    )
}

/** Every id begins with nothing, which is what a variable of the shell is that has not been set. */
function beginningOfId(node: string): string {
  if (node === '') throw new InvalidArgumentError('`continuo gateway nodes` lists those that there are.')
  return node
}

function named(node: string, nodes: readonly RegisteredNode[], command: Command): RegisteredNode {
  const [found, another] = nodes.filter(({ id }) => id.startsWith(node))
  if (found === undefined)
    command.error(`error: there is no gateway ${node}: \`continuo gateway nodes\` lists those that there are`)
  if (another !== undefined)
    command.error(`error: more than one gateway begins with ${node}: give more of its id`)
  return found
}

async function isGone(redis: RedisClient, keyPrefix: string, id: string, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (performance.now() < deadline) {
    if ((await readNodes(redis, keyPrefix)).every((node) => node.id !== id)) return true
    await pause(LOOK_EVERY_MS)
  }
  return false
}
