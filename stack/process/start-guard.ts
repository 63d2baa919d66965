import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { identify } from './identity.ts'

const program = fileURLToPath(new URL('./guard.ts', import.meta.url))

/**
 * Starts the guard of this process's children.
 * @returns what dismisses it, once the children are stopped.
 */
export function startGuard(dataDir: string): () => void {
  const me = identify(process.pid)
  if (!me) throw new Error(`the system does not tell about process ${process.pid}`)
  const guard = fork(program, [dataDir, String(me.pid), me.started], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  })
  guard.unref()
  guard.channel?.unref()
  return () => {
    guard.kill('SIGKILL')
  }
}
