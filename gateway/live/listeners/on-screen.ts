import { randomUUID } from 'node:crypto'
import { listenerOf, presenceKey } from '../../../schemas/channels.ts'
import type { LeasedMembers } from '../leased-members.ts'

/** Tells Redis which listeners have a channel of their own on a screen here: to them the push stage sends nothing. */
export class OnScreen {
  readonly #keyPrefix: string
  readonly #gateway = randomUUID()
  /** By listener. */
  readonly #screens = new Map<string, Set<object>>()
  readonly #members: LeasedMembers

  constructor(keyPrefix: string, members: LeasedMembers) {
    this.#keyPrefix = keyPrefix
    this.#members = members
  }

  /** A screen, told from others by identity, shows a channel, by its place. */
  enter(place: string, screen: object): void {
    const listener = listenerOf(place)
    if (listener === undefined) return
    const screens = this.#screens.get(listener) ?? new Set()
    this.#screens.set(listener, screens.add(screen))
    if (screens.size === 1) this.#members.put(presenceKey(this.#keyPrefix, listener), this.#gateway)
  }

  /** It shows that no more. */
  leave(place: string, screen: object): void {
    const listener = listenerOf(place)
    if (listener === undefined) return
    const screens = this.#screens.get(listener)
    if (screens?.delete(screen) !== true || screens.size > 0) return
    this.#screens.delete(listener)
    this.#members.take(presenceKey(this.#keyPrefix, listener), this.#gateway)
  }
}
