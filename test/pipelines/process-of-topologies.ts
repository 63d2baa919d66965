import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { withoutCoverage } from '../kit/without-coverage.ts'
import type { RoomAddress } from './kafka-room.ts'

const program = join(import.meta.dirname, 'fixtures/run-and-die.ts')

/**
 * A process that runs a room's topologies, or a test's own by its name, and kills itself after so many steps of
 * transactions: 0 is never.
 */
export async function startProcess(
  address: RoomAddress,
  dieAfter: number,
  ...name: [] | [topology: string]
): Promise<{ child: ChildProcess; death: Promise<unknown[]> }> {
  const child = spawn(process.execPath, [program, JSON.stringify(address), String(dieAfter), ...name], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: dieAfter > 0 ? withoutCoverage() : process.env,
  })
  const death = once(child, 'exit')
  // It may die before it says that it is ready.
  await Promise.race([once(child.stdout, 'data'), death])
  return { child, death }
}
