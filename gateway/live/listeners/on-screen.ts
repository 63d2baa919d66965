import { randomUUID } from 'node:crypto'
import { listenerOf, presenceKey } from '../../../schemas/channels.ts'
import type { Subscriber } from '../channels/channel-hub.ts'
import { LeasedMembers, type LeasedMembersOptions } from '../leased-members.ts'

export interface OnScreenOptions extends Omit<LeasedMembersOptions, 'what'> {
  keyPrefix: string
}

/** Tells Redis which listeners have a channel of their own on a screen here: to them the push stage sends nothing. */
export class OnScreen {
  readonly #keyPrefix: string
  readonly #gateway = randomUUID()
  readonly #there = new Map<string, Set<Subscriber>>()
  readonly #members: LeasedMembers

  constructor(options: OnScreenOptions) {
    this.#keyPrefix = options.keyPrefix
    this.#members = new LeasedMembers({ ...options, what: 'who is present' })
  }

  start(): void {
    this.#members.start()
  }

  /** Ends, once Redis has heard what it was told. */
  stop(): Promise<void> {
    return this.#members.stop()
  }

  /** A subscriber has got a channel, by where it lies. */
  enter(place: string, subscriber: Subscriber): void {
    const listener = listenerOf(place)
    if (listener === undefined) return
    const subscribers = this.#there.get(listener) ?? new Set()
    this.#there.set(listener, subscribers.add(subscriber))
    if (subscribers.size === 1) this.#members.put(presenceKey(this.#keyPrefix, listener), this.#gateway)
  }

  /** A subscriber has it no more. */
  leave(place: string, subscriber: Subscriber): void {
    const listener = listenerOf(place)
    const subscribers = this.#there.get(listener ?? '')
    if (listener === undefined || subscribers === undefined) return
    subscribers.delete(subscriber)
    if (subscribers.size > 0) return
    this.#there.delete(listener)
    this.#members.take(presenceKey(this.#keyPrefix, listener), this.#gateway)
  }
}
