import type { PublishedMessage } from '../../../schemas/channels.ts'
import type { ChannelLog } from '../../../gateway/live/channels/channel-log.ts'
import type { LogPart } from '../../../gateway/live/channels/log-reader.ts'
import type { Position, Publication } from '../../../gateway/live/protocol/position.ts'

/**
 * One channel of a Redis whose every step a test decides: when a question is answered, when a Pub/Sub message arrives
 * and whether it does. Questions are answered in order, as on one connection.
 */
export class SimulatedRedis implements ChannelLog {
  #epoch = ''
  #top = 0
  #kept: Publication[] = []
  #questions: (() => void)[] = []
  #onTheWay: PublishedMessage[] = []
  /** Everything ever published, by epoch. */
  readonly history = new Map<string, number>()
  /** Publications that a read brings at most. */
  mostRead = Infinity

  get position(): Position {
    return { epoch: this.#epoch, offset: this.#top }
  }

  get idle(): boolean {
    return this.#questions.length === 0 && this.#onTheWay.length === 0
  }

  publish({ heard }: { heard: boolean }): void {
    if (this.#epoch === '') this.#epoch = 'e0'
    this.#top++
    this.#kept.push({ offset: this.#top, data: `${this.#epoch}/${this.#top}` })
    this.history.set(this.#epoch, this.#top)
    const { offset, data } = this.#kept.at(-1)!
    if (heard) this.#onTheWay.push({ epoch: this.#epoch, offset, data })
  }

  beginAnew(epoch: string): void {
    this.#epoch = epoch
    this.#top = 0
    this.#kept = []
  }

  trimTo(length: number): void {
    this.#kept = length === 0 ? [] : this.#kept.slice(-length)
  }

  /** Answers the oldest question with what is true now. */
  answer(): void {
    this.#questions.shift()?.()
  }

  /** The oldest message on its way arrives. */
  arriving(): PublishedMessage | undefined {
    return this.#onTheWay.shift()
  }

  /** The same message arrives and stays on its way: Pub/Sub over a reconnection may repeat. */
  repeated(): PublishedMessage | undefined {
    return this.#onTheWay[0]
  }

  begin(): Promise<Position> {
    return this.top()
  }

  top(): Promise<Position> {
    return new Promise((resolve) => this.#questions.push(() => resolve(this.position)))
  }

  readAfter(_channel: string, offset: number): Promise<LogPart> {
    return new Promise((resolve) =>
      this.#questions.push(() =>
        resolve({
          epoch: this.#epoch,
          offset: this.#top,
          publications: this.#kept.filter((each) => each.offset > offset).slice(0, this.mostRead),
        }),
      ),
    )
  }
}
