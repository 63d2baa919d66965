import { lastLines, StackError, startChild } from '../../stack/index.ts'
import { continuo } from './roles.ts'

/** Runs `continuo migrate` to its end. @throws StackError with the end of its log. */
export async function runMigrations(options: {
  dataDir: string
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  program?: string
}): Promise<void> {
  const { dataDir, env, signal, program = continuo } = options
  const child = await startChild({
    name: 'migrate',
    dataDir,
    file: process.execPath,
    args: [program, 'migrate'],
    env,
    ipc: true,
  })
  const end = () => void child.kill()
  signal.addEventListener('abort', end)
  const { code } = await child.exited
  signal.removeEventListener('abort', end)
  signal.throwIfAborted()
  if (code !== 0)
    throw new StackError(
      'service_failed',
      'the migrations failed',
      `see ${child.logFile}, which ends:\n${lastLines(child.logFile)}`,
    )
}
