import { setTimeout as pause } from 'node:timers/promises'
import { StackError } from '../errors.ts'
import { lastLines, type Child } from './child.ts'

/**
 * Waits until a child answers. One that ends before, or does not answer in time, is an error that shows the end of its log.
 * @param title the child's name, as a person reads it
 * @param within milliseconds
 * @throws StackError `service_failed`
 */
export async function waitUntilReady(
  child: Child,
  options: { title: string; answers(): Promise<boolean>; within: number; signal: AbortSignal },
): Promise<void> {
  const { title, answers, within, signal } = options
  let ended: string | undefined
  void child.exited.then(({ code, signal }) => {
    ended = signal ? `was ended by ${signal}` : `ended with code ${code}`
  })
  const deadline = performance.now() + within
  while (ended === undefined) {
    if (signal.aborted) {
      await child.kill()
      signal.throwIfAborted()
    }
    if (await answers().catch(() => false)) return
    if (performance.now() > deadline) {
      await child.kill()
      ended = `did not answer within ${within / 1000} s`
    } else await pause(40)
  }
  throw new StackError(
    'service_failed',
    `${title} ${ended} before it was up`,
    `see ${child.logFile}, which ends:\n${lastLines(child.logFile)}`,
  )
}
