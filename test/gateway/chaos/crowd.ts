import { join } from 'node:path'
import { type Remote, startRemote } from '../../kit/remote.ts'
import { until } from '../../kit/until.ts'
import { withoutCoverage } from '../../kit/without-coverage.ts'
import type { Testimony } from './witness.ts'

/** A part of the clients: those whose number, divided by `of`, leaves `at`. */
interface Share {
  of: number
  at: number
}

/** What a process of clients is asked. */
export type Question =
  | { kind: 'open'; first: number; count: number; seeds: readonly string[] }
  | ({ kind: 'cut' } & Share)
  | ({ kind: 'leave' } & Share)
  | { kind: 'come back' }
  /** Where channels end, and the newest serial of each client's own. */
  | { kind: 'behind'; streams: Record<string, string>; newest: readonly number[] }
  | { kind: 'at work' }
  | { kind: 'testify' }

export type Ask<Kind extends Question['kind']> = Omit<Extract<Question, { kind: Kind }>, 'kind'>

const WITHIN_MS = 120_000
const program = join(import.meta.dirname, 'fixtures/clients.ts')

/** Clients in several processes. */
export class Crowd {
  readonly #processes: Remote<Question>[]

  constructor(processes: number) {
    const start = () => startRemote<Question>(program, { env: withoutCoverage() })
    this.#processes = Array.from({ length: processes }, start)
  }

  /** Resolves when so many clients have all their channels. */
  async open(clients: number, seeds: readonly string[]): Promise<void> {
    const share = Math.ceil(clients / this.#processes.length)
    await Promise.all(
      this.#processes.map((each, at) => {
        const [first, end] = [at * share, Math.min((at + 1) * share, clients)]
        return each.ask({ kind: 'open', first, count: end - first, seeds })
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

  /** Resolves when at least half of those who are not away have all their channels: a blow to others strikes nobody. */
  async atWork(): Promise<void> {
    const met = async () => (await this.#sum({ kind: 'at work' })) >= 0
    await until(met, { what: 'half of the clients to be back', within: WITHIN_MS, every: 100 })
  }

  /** Who does not have all that there is, in words. */
  async behind(question: Ask<'behind'>): Promise<string[]> {
    return (await this.#ask<string[]>({ kind: 'behind', ...question })).flat()
  }

  testimonies(): Promise<Testimony[]> {
    return this.#ask<Testimony>({ kind: 'testify' })
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end()))
  }

  async #sum(question: Question): Promise<number> {
    return (await this.#ask<number>(question)).reduce((sum, each) => sum + each)
  }

  #ask<Answer>(question: Question): Promise<Answer[]> {
    return Promise.all(this.#processes.map((each) => each.ask<Answer>(question)))
  }
}
