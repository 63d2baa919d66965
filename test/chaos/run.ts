import { isDeepStrictEqual } from 'node:util'
import { expected, killUnderLoad } from '../kit/chaos.ts'
import { type Victim, startSystem } from '../kit/system.ts'

/** `npm run chaos [ROUNDS] [RATE]`: kills each process in turn, again and again, and accounts for every play. */
const [rounds = 5, rate = 200] = process.argv.slice(2).map(Number)
const each: Victim[] = ['run', 'sinks', 'gateway', 'kafka', 'redis', 'clickhouse']
const say = (line: string) => {
  console.log(line)
}

const system = await startSystem({ progress: say })
const victims = Array.from({ length: rounds }, () => each).flat()
const { sent, found } = await killUnderLoad(system, { victims, rate, progress: say }).finally(() =>
  system.stop(),
)
const wanted = expected(sent, found)
console.table({ expected: wanted, found })
const holds = isDeepStrictEqual(found, wanted)
console.log(
  holds ? `Every play is accounted for after ${victims.length} kills.` : 'The account does not balance.',
)
process.exitCode = holds ? 0 : 1
