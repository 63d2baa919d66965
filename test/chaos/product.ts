import { isDeepStrictEqual } from 'node:util'
import { expected, killUnderLoad } from '../kit/chaos.ts'
import { type Victim, startSystem } from '../kit/system.ts'

const each: Victim[] = ['run', 'sinks', 'gateway', 'kafka', 'redis', 'clickhouse']

/** Kills each process of the product in turn, and accounts for every play. Answers whether the account balances. */
export async function killProduct(words: string[], say: (line: string) => void): Promise<boolean> {
  const [rounds = 5, rate = 200] = words.map(Number)
  const system = await startSystem({ progress: say })
  const victims = Array.from({ length: rounds }, () => each).flat()
  const { sent, found } = await killUnderLoad(system, { victims, rate, progress: say }).finally(() =>
    system.stop(),
  )
  const wanted = expected(sent, found)
  console.table({ expected: wanted, found })
  const holds = isDeepStrictEqual(found, wanted)
  say(holds ? `Every play is accounted for after ${victims.length} kills.` : 'The account does not balance.')
  return holds
}
