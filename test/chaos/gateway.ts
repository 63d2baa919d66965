import { randomInt } from 'node:crypto'
import { storm } from '../gateway/chaos/storm.ts'

const TICKS_A_MINUTE = 600
const CLIENTS_A_PROCESS = 500
const DRAIN_MS = 3_000
const SHOWN = 20
/** Ticks of a tenth of a second. */
const GAPS = { nodes: [40, 100], redis: [200, 400], clients: [80, 160] } as const

/**
 * Sends clients of three gateways through a storm: nodes are killed, drained and frozen, connections cut, Redis restarted and its last second lost;
 * `nodes`: Redis stays. Answers whether each client has had every message once, or was told with reason that it has not.
 */
export async function killGateways(words: string[], say: (line: string) => void): Promise<boolean> {
  const nodesOnly = words.includes('nodes')
  const given = words.filter((word) => !Number.isNaN(Number(word))).map(Number)
  const [minutes = 10, clients = 2_000, seed = randomInt(1, 2 ** 31)] = given
  say(`seed ${seed}`)
  const began = performance.now()
  const at = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`
  const { figures, differences, first } = await storm({
    seed,
    clients,
    nodesOnly,
    drainMs: DRAIN_MS,
    gaps: GAPS,
    ticks: minutes * TICKS_A_MINUTE,
    processes: Math.ceil(clients / CLIENTS_A_PROCESS),
    progress: (line) => say(`${at()}: ${line}`),
  })
  const width = Math.max(...figures.map(([what]) => what.length))
  for (const [what, figure] of figures) say(`${what.padEnd(width)}  ${figure}`)
  first.slice(0, SHOWN).forEach(say)
  say(`${differences} differences after ${at()}, seed ${seed}`)
  return differences === 0
}
