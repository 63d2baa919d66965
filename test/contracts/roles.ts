import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { roleProcess } from '../kit/role-process.ts'
import { until } from '../kit/until.ts'
import { countOf } from './found.ts'
import { type Place, behind, heightOf } from './place.ts'

const verbs = {
  anonymise: ['run', 'anonymise'],
  'listening-totals': ['run', 'listening-totals'],
  sinks: ['sinks'],
} as const

export type Victim = keyof typeof verbs

/** Of a million rows on a machine that has much else to do. */
const WITHIN_MS = 1_800_000

/** The processes between `plays` and the stores, each to be killed at any moment. */
export class Roles {
  readonly #place: Place
  readonly #running = new Map<Victim, Awaited<ReturnType<typeof roleProcess>>>()

  constructor(place: Place) {
    this.#place = place
  }

  async startAll(): Promise<void> {
    await Promise.all((Object.keys(verbs) as Victim[]).map((name) => this.#start(name)))
  }

  async #start(name: Victim): Promise<void> {
    this.#running.set(name, await roleProcess([...verbs[name]], this.#place.env))
  }

  /** Has `work` done, and once the victim has done some of it ends the victim as a power cut would, and starts it again. */
  async killAtWork(victim: Victim, work: () => Promise<void>): Promise<void> {
    const before = await this.#doneBy(victim)
    await work()
    await this.wait(`${victim} to be at work`, async () => (await this.#doneBy(victim)) > before)
    await this.#running.get(victim)!.kill()
    await this.#start(victim)
  }

  /** What has come of a victim's work so far; a number that grows. */
  #doneBy(victim: Victim): Promise<number> {
    if (victim === 'anonymise') return heightOf(this.#place, topics.playsClean)
    if (victim === 'listening-totals') return heightOf(this.#place, topics.playsByArtist)
    return countOf(this.#place, 'plays')
  }

  /** Waits until all that an input of `anonymise` has now has gone through all of them. */
  async drain(input: Topic<unknown>): Promise<void> {
    await this.#through('anonymise', input)
    for (const next of [topics.playsClean, topics.playsByArtist])
      await this.#through('listening-totals', next)
    for (const next of [topics.playsClean, topics.artistTotals, topics.deadLetters])
      await this.#through('clickhouse-sink', next)
    await this.#through('redis-sink', topics.artistTotalsLive)
  }

  async #through(group: string, input: Topic<unknown>): Promise<void> {
    const isBehind = await behind(this.#place, group, input)
    await this.wait(`${group} to have read ${input.name}`, async () => !(await isBehind()))
  }

  /** Waits for a condition. @throws Error with what it has said if a process has ended by itself meanwhile */
  async wait(what: string, condition: () => Promise<boolean>): Promise<void> {
    const ended = () => [...this.#running].find(([, { ended: is }]) => is)
    await until(async () => ended() !== undefined || (await condition()), {
      what,
      within: WITHIN_MS,
      every: 50,
    })
    const [name, role] = ended() ?? []
    if (role !== undefined) throw new Error(`${name!} has ended by itself: ${role.output}`)
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map((role) => role.kill()))
  }
}
