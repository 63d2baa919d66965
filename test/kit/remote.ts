import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A process that answers one question after the other. */
export interface Remote<Question extends object = object> {
  /** Asks once all that was asked before is answered. @throws if it ends instead */
  ask<Answer>(question: Question): Promise<Answer>
  end(): Promise<void>
}

export interface RemoteOptions {
  env: NodeJS.ProcessEnv
  /** Of Node. */
  execArgv?: string[]
}

/** Starts a program that calls {@link answer}; does not wait for it. */
export function startRemote<Question extends object = object>(
  program: string,
  { env, execArgv = [] }: RemoteOptions,
): Remote<Question> {
  const child = fork(program, { env, execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with code ${String(code)}`)
  })
  ended.catch(() => undefined)
  const next = async () => {
    const [told] = (await Promise.race([once(child, 'message'), ended])) as [{ answer?: unknown }]
    return told.answer
  }
  /** Of what was asked last; the first says that it has started. */
  let last: Promise<unknown> = next()
  last.catch(() => undefined)
  return {
    async ask<Answer>(question: Question): Promise<Answer> {
      const answered = last.then(() => {
        const told = next()
        child.send(question)
        return told
      })
      last = answered
      return (await answered) as Answer
    },
    async end() {
      if (child.connected) child.disconnect()
      await ended.catch(() => undefined)
    },
  }
}

/** In the program: answers what the parent asks, and ends with it. An error of `act` ends it, too. */
export function answer<Question extends object>(act: (question: Question) => unknown): void {
  process.once('disconnect', () => process.exit(0))
  process.on('message', (question: Question) => {
    Promise.resolve(question)
      .then(act)
      .then(
        (done) => process.connected && process.send!({ answer: done }),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
  })
  process.send!({})
}
