import type { PushSubscription } from '../../schemas/events.ts'

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
    this.#of.set(listener, own.set(deviceId, subscription))
  }

  delete(listener: string, deviceId: string): void {
    const own = this.#of.get(listener)
    own?.delete(deviceId)
    if (own?.size === 0) this.#of.delete(listener)
  }
}
