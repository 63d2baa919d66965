import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { StackError } from './errors.ts'

// Below the range from which systems take the ports of outgoing connections: a port picked here is still
// free when a killed service comes back to it.
const lowest = 15_000
const highest = 32_000

/** Whether a server could listen on this port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => {
      resolve(false)
    })
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        resolve(true)
      })
    })
  })
}

/** Picks a port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest)
    if (await isFree(port)) return port
  }
}

/** Refuses a port that is taken. @throws StackError `port_in_use` with this remedy. */
export async function requireFreePort(port: number, user: string, remedy: string): Promise<void> {
  if (await isFree(port)) return
  throw new StackError(
    'port_in_use',
    `port ${port}, which ${user} needs, is in use`,
    `stop what listens there, or ${remedy}`,
  )
}
