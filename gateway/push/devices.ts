import type { PushSubscription } from '../../schemas/events.ts'

/** Of a listener so many devices are pushed to at most, those that came last: nobody can have pushes sent to as many servers as they like. */
export const MOST_DEVICES = 20

/** Who takes pushes where, as sealed as it came: it is opened for the moment of a push. */
export class Devices {
  readonly #of = new Map<string, Map<string, PushSubscription>>()

  of(listener: string): PushSubscription[] {
    return [...(this.#of.get(listener)?.values() ?? [])]
  }

  get(listener: string, deviceId: string): PushSubscription | undefined {
    return this.#of.get(listener)?.get(deviceId)
  }

  put(subscription: PushSubscription): void {
    const { listener, deviceId } = subscription
    const own = this.#of.get(listener) ?? new Map<string, PushSubscription>()
    this.#of.set(listener, own)
    // Whoever says it again comes last.
    own.delete(deviceId)
    own.set(deviceId, subscription)
    const [oldest] = own.keys()
    if (own.size > MOST_DEVICES) own.delete(oldest!)
  }

  delete(listener: string, deviceId: string): void {
    const own = this.#of.get(listener)
    own?.delete(deviceId)
    if (own?.size === 0) this.#of.delete(listener)
  }
}
