import { Command } from 'commander'
import { type RegisteredNode, readNodes } from '../../gateway/live/cluster/node-registry.ts'
import { columns, count, duration } from '../status/text.ts'
import { inRedis } from './in-redis.ts'

/** `continuo gateway nodes [--json]` */
export function nodesCommand(): Command {
  return new Command('nodes')
    .summary('which gateways share this Redis, and how full they are')
    .option('--json', 'a line of JSON for each', false)
    .action(({ json }: { json: boolean }) =>
      inRedis(async (redis, { REDIS_PREFIX }) => {
        const nodes = await readNodes(redis, REDIS_PREFIX)
        if (json) for (const node of nodes) console.log(JSON.stringify(node))
        else console.log(nodes.length === 0 ? NONE : tableOf(nodes))
      }),
    )
}

const NONE = 'there is no gateway: `continuo gateway` starts one, with the same REDIS_URL and REDIS_PREFIX'

function tableOf(nodes: readonly RegisteredNode[]): string {
  const head = ['node', 'is', 'connections', 'of', 'up for', 'reached at']
  const rows = nodes.map((node) => [
    node.id,
    stateOf(node),
    count(node.connections),
    count(node.capacity),
    duration(node.upForMs),
    node.url,
  ])
  return columns(head, rows).join('\n')
}

function stateOf({ healthy, draining }: RegisteredNode): string {
  if (draining) return 'draining'
  return healthy ? 'well' : 'without Redis'
}
