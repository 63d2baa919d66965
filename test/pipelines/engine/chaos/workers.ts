import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Guarantee } from '../../../../pipelines/engine/kafka/delivery.ts'
import { until } from '../../../kit/until.ts'
import { withoutCoverage } from '../../../kit/without-coverage.ts'
import type { KafkaRoom, RoomServices } from '../../kafka-room.ts'
import { isInGroup } from './in-group.ts'

const program = join(import.meta.dirname, 'fixtures/worker.ts')
/** What of a process's last words is kept. */
const WORDS = 6_000
/** A broker that is away, and a member that is dead but not yet given up, hold things up. */
const WITHIN_MS = 180_000

interface Worker {
  process: ChildProcess
  /** The end of its log, and what it said when it ended. */
  words: string
  /** How it ended. */
  exit: Promise<string>
  /** Whether we have ended it: else it is started again. */
  ended: boolean
  /** Whether it has said that it has partitions. */
  ready: boolean
}

export interface WorkerOptions {
  guarantee: Guarantee
  progress(line: string): void
}

/** Processes that run one topology: one that ends by itself is started again, as a supervisor does. */
export class Workers {
  /** Last words of those that ended by themselves. */
  readonly crashes: string[] = []
  readonly #progress: WorkerOptions['progress']
  readonly #room: KafkaRoom
  readonly #args: string[]
  readonly #places: (Worker | undefined)[] = []
  #stopping = false

  constructor(room: KafkaRoom, services: RoomServices, { guarantee, progress }: WorkerOptions) {
    this.#progress = progress
    this.#room = room
    this.#args = [JSON.stringify(services), guarantee]
  }

  /** Starts a process at a place. */
  start(place: number): void {
    const address = JSON.stringify({ ...this.#room.address, clientId: clientIdOf(place) })
    const child = fork(program, [address, ...this.#args], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...withoutCoverage(), ROOM_LOG_LEVEL: 'debug' },
    })
    const exit = once(child, 'exit').then(([code, signal]) => String(signal ?? code))
    const worker: Worker = { process: child, exit, words: '', ended: false, ready: false }
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      worker.words = (worker.words + text).slice(-WORDS)
    })
    child.once('message', () => (worker.ready = true))
    this.#places[place] = worker
    void exit.then((how) => {
      if (worker.ended || this.#stopping) return
      const crash = `process ${place} ended with ${how}: ${worker.words}`
      this.crashes.push(crash)
      this.#progress(crash)
      this.start(place)
    })
  }

  /** Resolves when the process at a place has partitions. */
  async ready(place: number): Promise<void> {
    await until(() => this.#at(place).ready, { what: `partitions of process ${place}`, within: WITHIN_MS })
  }

  /** Resolves when the group has a process at a place; it may be one that has been killed and not been given up yet. */
  async joined(place: number): Promise<void> {
    await this.#untilInGroup(place, true)
  }

  /** Resolves when the group has no process at a place any more. */
  async left(place: number): Promise<void> {
    await this.#untilInGroup(place, false)
  }

  async #untilInGroup(place: number, wanted: boolean): Promise<void> {
    await until(async () => (await isInGroup(this.#room, clientIdOf(place))) === wanted, {
      what: `process ${place} to ${wanted ? 'join' : 'be given up by'} the group`,
      within: WITHIN_MS,
      every: 200,
    })
  }

  /** SIGKILL, wherever it is. */
  async kill(place: number): Promise<void> {
    const worker = this.#at(place)
    worker.ended = true
    worker.process.kill('SIGKILL')
    await worker.exit
  }

  /** SIGTERM: it stops in order. Answers how it ended, which ought to be `0`. */
  async stop(place: number): Promise<string> {
    const worker = this.#at(place)
    worker.ended = true
    worker.process.kill('SIGTERM')
    return worker.exit
  }

  freeze(place: number): void {
    this.#at(place).process.kill('SIGSTOP')
  }

  thaw(place: number): void {
    this.#at(place).process.kill('SIGCONT')
  }

  /** What each has said last, for whoever wants to know why nothing goes on. */
  get lastWords(): string {
    return this.#places
      .map((worker, place) => `process ${place} (${worker?.process.pid}) said last:\n${worker?.words}`)
      .join('\n')
  }

  /** Ends them all at once. */
  async end(): Promise<void> {
    this.#stopping = true
    const running = this.#places.filter((worker) => worker !== undefined)
    for (const { process } of running) process.kill('SIGKILL')
    await Promise.all(running.map(({ exit }) => exit))
  }

  #at(place: number): Worker {
    const worker = this.#places[place]
    if (worker === undefined) throw new Error(`no process at place ${place}`)
    return worker
  }
}

const clientIdOf = (place: number) => `process-${place}`
