import type { PushOutcome } from '../../schemas/events.ts'
import type { PushOutcomeKind } from '../../schemas/push-outcomes.ts'
import { NO_ANSWER } from './provider.ts'

/** Notifications live for a day; what became of them is known for one more. */
export const REMEMBERED_MS = 48 * 3_600_000
const DAY_MS = 24 * 3_600_000

interface Delivery {
  last: PushOutcomeKind
  /** Whether nobody knows what became of an earlier attempt. */
  lost: boolean
  /** How often it has been sent. */
  attempt: number
  at: number
}

/** A device that a notification is meant for, and that has no final outcome. */
export interface OpenDelivery {
  deviceId: string
  attempt: number
  /** Whether it was sent, and nobody knows what became of it. */
  mayHaveArrived: boolean
  /** It was sent, and no answer was recorded: since then, ms since 1970. */
  inDoubtSince?: number
}

interface Entry {
  at: number
  dropped: boolean
  byDevice: Map<string, Delivery>
}

const isFinal = (outcome: PushOutcomeKind) =>
  outcome === 'accepted' || outcome === 'failed' || outcome === 'pruned'

/** What has become of notifications in the last two days, from `push-outcomes`: read again, it says the same. */
export class Ledger {
  readonly #entries = new Map<string, Entry>()
  /** By listener: what was accepted, and when. */
  readonly #pushed = new Map<string, Map<string, number>>()

  take({ notificationId, listener, deviceId, outcome, reason, attempt, at }: PushOutcome): void {
    // A listener says so, of whatever they like.
    if (outcome === 'clicked') return
    const entry: Entry = this.#entries.get(notificationId) ?? { at, dropped: false, byDevice: new Map() }
    this.#entries.set(notificationId, entry)
    if (outcome === 'dropped') entry.dropped = true
    if (deviceId === null) return
    const before = entry.byDevice.get(deviceId)
    // What this process has written comes back from Kafka after what it has written since.
    if (before !== undefined && (isFinal(before.last) || before.attempt > attempt)) return
    if (before?.attempt === attempt && outcome === 'attempted') return
    const lost =
      before?.lost === true ||
      reason === NO_ANSWER ||
      (before?.last === 'attempted' && outcome === 'attempted')
    entry.byDevice.set(deviceId, { last: outcome as PushOutcomeKind, lost, attempt, at })
    if (outcome !== 'accepted') return
    const pushed = this.#pushed.get(listener) ?? new Map<string, number>()
    this.#pushed.set(listener, pushed.set(notificationId, at))
  }

  /** Whether nothing is left to do. */
  isSettled(notificationId: string): boolean {
    const entry = this.#entries.get(notificationId)
    if (entry === undefined) return false
    return entry.dropped || (entry.byDevice.size > 0 && this.open(notificationId).length === 0)
  }

  open(notificationId: string): OpenDelivery[] {
    const all = [...(this.#entries.get(notificationId)?.byDevice ?? [])]
    return all
      .filter(([, { last }]) => !isFinal(last))
      .map(([deviceId, { last, lost, attempt, at }]) => ({
        deviceId,
        attempt,
        mayHaveArrived: last === 'attempted' || lost,
        ...(last === 'attempted' && { inDoubtSince: at }),
      }))
  }

  /** Whether devices have been chosen. */
  isClaimed(notificationId: string): boolean {
    return (this.#entries.get(notificationId)?.byDevice.size ?? 0) > 0
  }

  /** When pushes to a listener were accepted in the last day, `but` one, in the order of time. */
  pushedAt(listener: string, { now, but }: { now: number; but: string }): number[] {
    const all = [...(this.#pushed.get(listener) ?? [])]
    return all
      .filter(([id, at]) => id !== but && at > now - DAY_MS)
      .map(([, at]) => at)
      .sort((one, other) => one - other)
  }

  /** Forgets what is too old to matter. */
  forget(now: number): void {
    for (const [id, { at }] of this.#entries) if (at < now - REMEMBERED_MS) this.#entries.delete(id)
    for (const [listener, pushed] of this.#pushed) {
      for (const [id, at] of pushed) if (at < now - DAY_MS) pushed.delete(id)
      if (pushed.size === 0) this.#pushed.delete(listener)
    }
  }
}
