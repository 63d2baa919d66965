import type { PushSubscription } from '../../schemas/events.ts'
import { subscriptionKey } from '../../schemas/push-subscriptions.ts'

/** Of a listener so many devices are pushed to at most, those that came last: nobody can have pushes sent to as many servers as they like. */
export const MOST_DEVICES = 20

/**
 * Who takes pushes where, as sealed as it came: it is opened for the moment of a push. A device is one listener's, who said so last; what the topic has
 * of others is to be taken back.
 */
export class Devices {
  readonly #of = new Map<string, Map<string, PushSubscription>>()
  /** Listeners by device. */
  readonly #owners = new Map<string, string>()
  readonly #outdated = new Set<string>()

  of(listener: string): PushSubscription[] {
    return [...(this.#of.get(listener)?.values() ?? [])]
  }

  get(listener: string, deviceId: string): PushSubscription | undefined {
    return this.#of.get(listener)?.get(deviceId)
  }

  /** Keys of the topic under which nothing counts any more. */
  get outdated(): string[] {
    return [...this.#outdated]
  }

  /** Listeners' records lie in many partitions, and are read in no order. */
  put(subscription: PushSubscription): void {
    const { listener, deviceId, changedAt } = subscription
    const key = subscriptionKey(listener, deviceId)
    this.#outdated.delete(key)
    const owner = this.#owners.get(deviceId)
    const held = owner === undefined ? undefined : this.get(owner, deviceId)
    if (held !== undefined && held.changedAt > changedAt) {
      if (owner !== listener) this.#outdated.add(key)
      return
    }
    if (owner !== undefined && owner !== listener) this.#takeBack(owner, deviceId)
    const own = this.#of.get(listener) ?? new Map<string, PushSubscription>()
    this.#of.set(listener, own.set(deviceId, subscription))
    this.#owners.set(deviceId, listener)
    if (own.size <= MOST_DEVICES) return
    const oldest = [...own.values()].reduce((one, other) => (other.changedAt < one.changedAt ? other : one))
    this.#takeBack(listener, oldest.deviceId)
  }

  /** There is no record under this key any more. */
  delete(listener: string, deviceId: string): void {
    this.#outdated.delete(subscriptionKey(listener, deviceId))
    if (this.#owners.get(deviceId) === listener) this.#owners.delete(deviceId)
    const own = this.#of.get(listener)
    own?.delete(deviceId)
    if (own?.size === 0) this.#of.delete(listener)
  }

  #takeBack(listener: string, deviceId: string): void {
    this.delete(listener, deviceId)
    this.#outdated.add(subscriptionKey(listener, deviceId))
  }
}
