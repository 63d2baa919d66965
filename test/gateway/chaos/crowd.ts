import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { withoutCoverage } from '../../kit/without-coverage.ts'
import type { Testimony } from './witness.ts'

/** A part of the clients: of each so many the one at that place. */
interface Share {
  of: number
  at: number
}

/** What a process of clients is asked. */
export type Question =
  | { kind: 'open'; first: number; count: number; seeds: readonly string[]; tokenKey: string }
  | ({ kind: 'cut' } & Share)
  | ({ kind: 'leave' } & Share)
  | { kind: 'come back' }
  /** Where channels end, and the newest serial of each client's own. */
  | { kind: 'behind'; streams: Record<string, string>; newest: readonly number[] }
  | { kind: 'testify' }

export type Ask<Kind extends Question['kind']> = Omit<Extract<Question, { kind: Kind }>, 'kind'>

const program = join(import.meta.dirname, 'fixtures/clients.ts')

/** Clients in several processes. */
export class Crowd {
  readonly #processes: ClientsProcess[]
  readonly #clients: number

  constructor(clients: number, processes: number) {
    this.#clients = clients
    this.#processes = Array.from({ length: processes }, () => new ClientsProcess())
  }

  /** Resolves when all clients have all their channels. */
  async open(seeds: readonly string[], tokenKey: string): Promise<void> {
    const share = Math.ceil(this.#clients / this.#processes.length)
    await Promise.all(
      this.#processes.map((each, at) => {
        const [first, end] = [at * share, Math.min((at + 1) * share, this.#clients)]
        return each.ask({ kind: 'open', first, count: end - first, seeds, tokenKey })
      }),
    )
  }

  /** Answers of how many clients the connections are broken off. */
  cut(share: Share): Promise<number> {
    return this.#sum({ ...share, kind: 'cut' })
  }

  /** Sends clients away until they are to come back; answers how many. */
  leave(share: Share): Promise<number> {
    return this.#sum({ ...share, kind: 'leave' })
  }

  comeBack(): Promise<number> {
    return this.#sum({ kind: 'come back' })
  }

  /** Who does not have all that there is, in words. */
  async behind(question: Ask<'behind'>): Promise<string[]> {
    return ((await this.#ask({ kind: 'behind', ...question })) as string[][]).flat()
  }

  async testimonies(): Promise<Testimony[]> {
    return (await this.#ask({ kind: 'testify' })) as Testimony[]
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end()))
  }

  async #sum(question: Question): Promise<number> {
    return ((await this.#ask(question)) as number[]).reduce((sum, each) => sum + each)
  }

  #ask(question: Question): Promise<unknown[]> {
    return Promise.all(this.#processes.map((each) => each.ask(question)))
  }
}

/** Answers one question after the other. */
class ClientsProcess {
  readonly #child: ChildProcess
  readonly #exit: Promise<never>
  #last: Promise<unknown>

  constructor() {
    this.#child = fork(program, { env: withoutCoverage })
    this.#exit = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`a process of clients has ended with ${String(code)}`)
    })
    this.#exit.catch(() => undefined)
    this.#last = this.#message()
  }

  ask(question: Question): Promise<unknown> {
    const answer = this.#last.then(() => {
      const message = this.#message()
      this.#child.send(question)
      return message
    })
    this.#last = answer
    return answer
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit.catch(() => undefined)
  }

  async #message(): Promise<unknown> {
    const [message] = (await Promise.race([once(this.#child, 'message'), this.#exit])) as [
      { answer?: unknown },
    ]
    return message.answer
  }
}
