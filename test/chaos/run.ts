import { randomUUID } from 'node:crypto'
import { endLeftovers, killLeftovers, runMark } from '../kit/runner/leftovers.ts'
import { keepContracts } from './contracts.ts'
import { killEngine } from './engine.ts'
import { killGateways } from './gateway.ts'
import { killProduct } from './product.ts'
import { replayUnevenly } from './replay.ts'
import { killSinks } from './sinks.ts'

/**
 * `npm run chaos [ROUNDS] [RATE]`: kills each process of the product in turn, again and again, and accounts for every play.
 * `npm run chaos -- engine [at-least-once | disk] [KILLS] [SEED] [OUTAGE]`: a topology in three processes, whatever may happen to them and to the
 * broker, which is away for OUTAGE seconds first.
 * `npm run chaos -- gateway [nodes] [MINUTES] [CLIENTS] [SEED]`: three gateways under clients, nodes killed, drained and frozen, connections cut, and but
 * for `nodes` Redis restarted without its last second; what each client was told is compared with what was published.
 * `npm run chaos -- replay [PLAYS] [RUNS]`: replays plays from partitions that drain unevenly, with kills, and accounts for every late one.
 * `npm run chaos -- contracts [PLAYS] [SEED]`: plays of three versions of their schema with garbage among them, with kills; what can be mended is
 * replayed, and every row accounted for.
 * `npm run chaos -- sinks [KILLS] [SEED]`: plays and lists through sinks whose processes and stores are killed, frozen and emptied.
 */
const modes = {
  contracts: keepContracts,
  engine: killEngine,
  gateway: killGateways,
  replay: replayUnevenly,
  sinks: killSinks,
}
const words = process.argv.slice(2)
const say = (line: string) => {
  console.log(line)
}
const mode = Object.entries(modes).find(([name]) => name === words[0])?.[1]
const rest = mode === undefined ? words : words.slice(1)
const optionsOf: Record<string, string[]> = { engine: ['at-least-once', 'disk'], gateway: ['nodes'] }
const options = optionsOf[words[0] ?? ''] ?? []
const unknown = rest.find((word) => Number.isNaN(Number(word)) && !options.includes(word))
if (unknown !== undefined) {
  const usage = [
    'npm run chaos [ROUNDS] [RATE]',
    'npm run chaos -- engine [at-least-once | disk] [KILLS] [SEED] [OUTAGE]',
    'npm run chaos -- gateway [nodes] [MINUTES] [CLIENTS] [SEED]',
    'npm run chaos -- replay [PLAYS] [RUNS]',
    'npm run chaos -- contracts [PLAYS] [SEED]',
    'npm run chaos -- sinks [KILLS] [SEED]',
  ]
  console.error([`no ${unknown} here; there are`, ...usage].join('\n  '))
  process.exit(1)
}
const mark = randomUUID()
process.env[runMark] = mark
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    killLeftovers(mark)
    process.exit(130)
  })
try {
  const holds = await (mode ?? killProduct)(rest, say)
  process.exitCode = holds ? 0 : 1
} finally {
  for (const command of await endLeftovers(mark)) say(`left behind, ended now: ${command}`)
}
