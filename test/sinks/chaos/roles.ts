import { roleProcess } from '../../kit/role-process.ts'
import { type Place, SHARES } from './place.ts'

export type Sink = 'clickhouse' | 'redis'
type Name = `${Sink} ${number}` | 'pipeline'
type Role = Awaited<ReturnType<typeof roleProcess>>

/** The end of what a process has said. */
const WORDS = 2_000

/** The processes between `plays-clean` and the stores: one that ends by itself is started again, as a supervisor does. */
export class Roles {
  /** Last words of those that ended by themselves. */
  readonly crashes: string[] = []
  readonly #place: Place
  readonly #running = new Map<Name, Role>()

  constructor(place: Place) {
    this.#place = place
  }

  async startAll(): Promise<void> {
    const shares = Array.from({ length: SHARES }, (_, share) => share)
    const names: Name[] = ['pipeline', ...shares.flatMap((share) => ofShare(share))]
    await Promise.all(names.map((name) => this.start(name)))
  }

  async start(name: Name): Promise<void> {
    const { env, proxies } = this.#place
    const [sink, share] = name.split(' ')
    const args = name === 'pipeline' ? ['run', 'listening-totals'] : ['sinks', sink!]
    const own = { ...env }
    if (sink === 'clickhouse') own['CLICKHOUSE_URL'] = proxies[Number(share)]!.url
    this.#running.set(name, await roleProcess(args, own))
  }

  async kill(name: Name): Promise<void> {
    await this.at(name).kill()
  }

  async replace(name: Name): Promise<void> {
    await this.kill(name)
    await this.start(name)
  }

  at(name: Name): Role {
    return this.#running.get(name)!
  }

  /** Starts again what has ended by itself. */
  async supervise(): Promise<void> {
    for (const [name, role] of this.#running) {
      if (!role.ended) continue
      this.crashes.push(`${name} ended by itself: ${role.output.slice(-WORDS)}`)
      await this.start(name)
    }
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map((role) => role.kill()))
  }
}

const ofShare = (share: number): Name[] => [`clickhouse ${share}`, `redis ${share}`]
