import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type Task, type Workplace, solveRows } from './half-sweep.ts'

/** Parts of a half sweep for each thread: whoever has got easy ones takes more. */
const PARTS_A_THREAD = 16

/** Finds vectors, in this thread or in several. */
export interface Solver {
  /** Resolves when all rows have been solved. */
  solve(side: Pick<Task, 'solve' | 'gram'>): Promise<void>
  close(): Promise<void>
}

/** For the vectors of `workplace`. */
export function solverOf(workplace: Workplace, threads: number): Solver {
  if (threads > 1) return new Threads(workplace, threads)
  return {
    solve(side) {
      solveRows(workplace, { ...side, from: 0, until: workplace[side.solve].vectors.rows })
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}

class Threads implements Solver {
  readonly #workplace: Workplace
  readonly #workers: readonly Worker[]

  constructor(workplace: Workplace, threads: number) {
    this.#workplace = workplace
    const file = new URL('./sweep-worker.ts', import.meta.url)
    this.#workers = Array.from({ length: threads }, () => new Worker(file, { workerData: workplace }))
  }

  async solve(side: Pick<Task, 'solve' | 'gram'>): Promise<void> {
    const { rows } = this.#workplace[side.solve].vectors
    const part = Math.ceil(rows / (this.#workers.length * PARTS_A_THREAD))
    let next = 0
    await Promise.all(
      this.#workers.map(async (worker) => {
        while (next < rows) {
          const from = next
          next = Math.min(rows, from + part)
          worker.postMessage({ ...side, from, until: next } satisfies Task)
          await once(worker, 'message')
        }
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}
