import type { Notification } from '../../schemas/events.ts'

/** A notification that has not been done with. */
export interface Job {
  readonly notification: Notification
  readonly partition: number
  /** How many of the listener's notifications it stands for besides its own. */
  others: number
  /** Whether this process has its partition still. */
  isOurs(): boolean
  /** Called once nothing is left to do. */
  settled(): void
}

/** What is next of a job: nothing, or to be attended to again at a time, ms since 1970. */
export type Next = 'settled' | { again: number }

/** What is done with jobs. */
export interface JobHandler {
  /** Does what is to be done now. */
  attend(job: Job): Promise<Next>
  /** Whether a newer one may take its place: not while nobody knows whether it has arrived. */
  canYield(job: Job): boolean
  /** A newer one takes its place. What that stands for is told at once, the rest when it resolves. */
  supersede(job: Job, by: Job): Promise<void>
}

export interface QueueOptions {
  handler: JobHandler
  /** So many are attended to at a time. */
  concurrency: number
  /** ms since 1970. */
  now(): number
  crash(error: unknown): void
}

/** A listener's jobs, in the order in which they go: one that is attended to, those that cannot yield, and one that comes after them, at most. */
interface Line {
  readonly listener: string
  readonly jobs: Job[]
  state: 'ready' | 'busy' | { timer: NodeJS.Timeout }
  gone: boolean
}

/** A ready line waits for its turn; with more of them, no more is to be read. */
const FULL_AT = 10_000
/** The longest time that a timer takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Notifications until they are done with, those that wait included. It is in memory alone: what is to survive is in Kafka, where the next start
 * reads everything again that was not done with. Of a listener one is attended to at a time, and
 * of those that wait, for a time of day or for a device, the newest stands for all.
 */
export class Queue {
  readonly #options: QueueOptions
  readonly #lines = new Map<string, Line>()
  readonly #busy = new Set<Promise<void>>()
  #ready: Line[] = []
  #relief = Promise.withResolvers<undefined>()
  #stopping = false

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Listeners who have something coming. */
  get size(): number {
    return this.#lines.size
  }

  get full(): boolean {
    return this.#ready.length >= FULL_AT && !this.#stopping
  }

  /** Resolves when it is not full. */
  async room(): Promise<void> {
    while (this.full) await this.#relief.promise
  }

  add(job: Job): void {
    if (this.#stopping) return
    const { listener } = job.notification
    const line = this.#lines.get(listener)
    if (line === undefined) {
      const begun: Line = { listener, jobs: [job], state: 'ready', gone: false }
      this.#lines.set(listener, begun)
      this.#makeReady(begun)
      return
    }
    // What is being sent tells of those alone that it stood for when that began.
    const isAttendedTo = line.jobs.length === 1 && line.state === 'busy'
    const gone = isAttendedTo ? undefined : this.#olderOf(line.jobs.at(-1)!, job)
    if (gone === job) return
    if (gone !== undefined) line.jobs.pop()
    line.jobs.push(job)
    if (line.jobs.length === 1) this.wake(listener)
  }

  /** What a listener's jobs wait for may have changed. */
  wake(listener: string): void {
    const line = this.#lines.get(listener)
    if (typeof line?.state === 'object') this.#makeReady(line)
  }

  /** These partitions are another's. What is being attended to is carried through. */
  drop(partitions: ReadonlySet<number>): void {
    for (const line of this.#lines.values()) if (partitions.has(line.jobs[0]!.partition)) this.#remove(line)
    this.#ready = this.#ready.filter(({ gone }) => !gone)
    this.#relieve()
  }

  /** Begins nothing more. Resolves when what was begun is done. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const line of this.#lines.values()) this.#remove(line)
    this.#ready = []
    this.#relieve()
    await Promise.all(this.#busy)
  }

  #remove(line: Line): void {
    line.gone = true
    if (typeof line.state === 'object') clearTimeout(line.state.timer)
    this.#lines.delete(line.listener)
  }

  #makeReady(line: Line): void {
    if (typeof line.state === 'object') clearTimeout(line.state.timer)
    line.state = 'ready'
    this.#ready.push(line)
    this.#pump()
  }

  #pump(): void {
    while (this.#busy.size < this.#options.concurrency && !this.#stopping) {
      const line = this.#ready.shift()
      if (line === undefined) break
      line.state = 'busy'
      this.#track(this.#attend(line))
    }
    if (this.#ready.length < FULL_AT) this.#relieve()
  }

  async #attend(line: Line): Promise<void> {
    const [job] = line.jobs as [Job]
    const { handler, now } = this.#options
    const next = await handler.attend(job)
    if (next === 'settled') job.settled()
    if (line.gone) return
    const behind = line.jobs[1]
    if (next !== 'settled') {
      const gone = behind && this.#olderOf(job, behind)
      if (gone !== job) {
        if (gone !== undefined) line.jobs.splice(1, 1)
        const ms = Math.min(Math.max(0, next.again - now()), LONGEST_TIMER_MS)
        line.state = { timer: setTimeout(() => this.#makeReady(line), ms) }
        return
      }
    }
    line.jobs.shift()
    if (line.jobs.length > 0) this.#makeReady(line)
    else this.#lines.delete(line.listener)
  }

  /** Which of two that wait has gone: the older, if it can yield. One that is given back comes behind what is newer. */
  #olderOf(first: Job, second: Job): Job | undefined {
    const inOrder = first.notification.createdAt <= second.notification.createdAt
    const [older, newer] = inOrder ? [first, second] : [second, first]
    if (!this.#options.handler.canYield(older)) return undefined
    this.#supersede(older, newer)
    return older
  }

  #supersede(job: Job, by: Job): void {
    // The same once more, as a topology that runs at-least-once writes it.
    if (job.notification.notificationId === by.notification.notificationId) return job.settled()
    this.#track(this.#options.handler.supersede(job, by).then(() => job.settled()))
  }

  #track(work: Promise<void>): void {
    const failed = (error: unknown) => {
      // What was left open when everything was closed is the next start's.
      if (!this.#stopping) this.#options.crash(error)
    }
    const done = work.catch(failed).finally(() => {
      this.#busy.delete(done)
      this.#pump()
    })
    this.#busy.add(done)
  }

  #relieve(): void {
    this.#relief.resolve(undefined)
    this.#relief = Promise.withResolvers()
  }
}
