import type { CleanPreference } from '../../schemas/events.ts'
import type { PreferenceName } from '../../schemas/preferences.ts'

/** Preferences that this stage heeds. */
const heeded = [
  'push',
  'quiet-hours',
  'time-zone',
  'pushes-a-day',
  'locale',
] as const satisfies PreferenceName[]
type Heeded = (typeof heeded)[number]

/** What a listener wants of pushes, as `schemas/preferences.ts` has the forms; nothing of what they have not said. */
export type PushSettings = Readonly<Partial<Record<Heeded, string>>>

interface Setting {
  value: string
  changedAt: number
}

/** The settings of all listeners. */
export class Settings {
  readonly #all = new Map<string, Map<Heeded, Setting>>()

  of(listener: string): PushSettings {
    const own = [...(this.#all.get(listener) ?? [])]
    return Object.fromEntries(own.map(([name, { value }]) => [name, value]))
  }

  /** One may come late, or again: what was set last holds. */
  take({ listener, name, value, changedAt }: CleanPreference): void {
    if (!isHeeded(name)) return
    const own = this.#all.get(listener) ?? new Map<Heeded, Setting>()
    if ((own.get(name)?.changedAt ?? -Infinity) > changedAt) return
    this.#all.set(listener, own.set(name, { value, changedAt }))
  }
}

const isHeeded = (name: string): name is Heeded => (heeded as readonly string[]).includes(name)
