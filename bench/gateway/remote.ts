import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A worker process that answers one question after the other. */
export interface Remote {
  ask<Answer>(question: object): Promise<Answer>
  end(): Promise<void>
}

/** Starts `bench/workers/<name>.ts`, with as much room for what is young as V8 gives by itself. With `BENCH_PROFILE` it leaves its CPU profile in that folder, which `bench/self-time.ts` sums up. */
export async function startRemote(name: string, env: Record<string, string>): Promise<Remote> {
  const { BENCH_PROFILE: folder } = process.env
  const profile = folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
  const child: ChildProcess = fork(join(import.meta.dirname, '..', 'workers', `${name}.ts`), {
    env: { ...process.env, ...env },
    execArgv: ['--expose-gc', ...profile],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`bench worker ${name} ended with code ${String(code)}`)
  })
  ended.catch(() => undefined)
  const next = async () => {
    const [answer] = (await Promise.race([once(child, 'message'), ended])) as unknown[]
    return answer
  }
  await next()
  return {
    async ask<Answer>(question: object): Promise<Answer> {
      const answer = next()
      child.send(question)
      return (await answer) as Answer
    },
    async end() {
      child.send({ kind: 'end' })
      await ended.catch(() => undefined)
    },
  }
}

/** In a worker: answers what the parent asks, and ends when it is told to, or without its parent. */
export function answer<Question extends { kind: string }>(
  act: (question: Question) => Promise<object>,
): void {
  process.once('disconnect', () => process.exit(1))
  process.on('message', (question: Question) => {
    if (question.kind === 'end') process.exit(0)
    act(question).then(
      (done) => process.send!(done),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.send!({ kind: 'ready' })
}
