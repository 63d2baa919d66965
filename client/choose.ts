import type { Endpoint } from '../schemas/endpoints.ts'

/**
 * How a node is chosen among those that are well:
 *
 * - `round-robin`: one after the other, beginning anywhere
 * - `least-connections`: of two drawn at random the one with fewer connections for its capacity. Taking the least of all
 *   would send every client that reads the same figures to the same node.
 * - `weight`: at random, by capacity
 *
 * Each way a new node gets its share little by little, over 30 s.
 */
export type Balance = (typeof balances)[number]

export const balances = ['round-robin', 'least-connections', 'weight'] as const

const SLOW_START_MS = 30_000
const FIRST_SHARE = 0.1

/** What part of its share a node gets so long after it came: a tenth at first, all of it from 30 s on. */
export function slowStart(upForMs: number): number {
  return Math.min(1, Math.max(FIRST_SHARE, upForMs / SLOW_START_MS))
}

/**
 * Chooses one of the endpoints, of which there is at least one.
 * @param random from 0 to below 1
 * @param last the id that was chosen before
 */
export function choose(
  balance: Balance,
  endpoints: readonly Endpoint[],
  random: () => number,
  last?: string,
): Endpoint {
  const starts = endpoints.map(({ upForMs }) => slowStart(upForMs))
  switch (balance) {
    case 'weight':
      return drawn(
        endpoints,
        endpoints.map(({ capacity }, index) => capacity * starts[index]!),
        random(),
      )
    case 'least-connections': {
      const [one, other] = [drawn(endpoints, starts, random()), drawn(endpoints, starts, random())]
      return load(other) < load(one) ? other : one
    }
    case 'round-robin':
      return last === undefined ? drawn(endpoints, starts, random()) : after(last, endpoints, starts, random)
  }
}

const load = ({ connections, capacity }: Endpoint): number => connections / capacity

/** The endpoint into whose part of the sum of all weights the random number falls. */
function drawn(endpoints: readonly Endpoint[], weights: readonly number[], random: number): Endpoint {
  let left = random * weights.reduce((sum, weight) => sum + weight, 0)
  const at = weights.findIndex((weight) => (left -= weight) < 0)
  return endpoints.at(at)!
}

/** The next by id; one that is new, next to the others, is passed over as often as its share is small. */
function after(
  last: string,
  endpoints: readonly Endpoint[],
  starts: readonly number[],
  random: () => number,
): Endpoint {
  const full = Math.max(...starts)
  const inTurn = endpoints
    .map((endpoint, index) => ({ endpoint, share: starts[index]! / full }))
    .sort((a, b) => (a.endpoint.id < b.endpoint.id ? -1 : 1))
  const begin = inTurn.findIndex(({ endpoint }) => endpoint.id > last)
  const turn = begin < 0 ? inTurn : [...inTurn.slice(begin), ...inTurn.slice(0, begin)]
  return turn.find(({ share }) => share === 1 || random() < share)!.endpoint
}
