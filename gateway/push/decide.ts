import type { Notification } from '../../schemas/events.ts'
import { quietUntil } from './quiet-hours.ts'
import type { PushSettings } from './settings.ts'

const DAY_MS = 24 * 3_600_000

/** What is to become of a notification at a moment. Reasons are snake_case. */
export type Decision =
  | { kind: 'send' }
  /** To be decided anew then, ms since 1970. */
  | { kind: 'wait'; until: number }
  | { kind: 'drop'; reason: string }

export interface Circumstances {
  settings: PushSettings
  /** When pushes to the listener were accepted in the last 24 hours, in the order of time. */
  pushedAt: readonly number[]
  /** Whether there is a device to push to. */
  hasDevice: boolean
  /** Pushes in 24 hours, for whoever has not said. */
  pushesADay: number
  /** ms since 1970. */
  now: number
}

/** Decides what is to become of a notification now. Whether the listener is looking at the screen is asked for afterwards. */
export function decide(
  { expiresAt }: Pick<Notification, 'expiresAt'>,
  { settings, pushedAt, hasDevice, pushesADay, now }: Circumstances,
): Decision {
  if (now >= expiresAt) return drop('expired')
  if (settings.push === 'off') return drop('unwanted')
  if (!hasDevice) return drop('no_device')
  const most = Number(settings['pushes-a-day'] ?? pushesADay)
  if (most === 0) return drop('unwanted')
  const hold = [
    { reason: 'many_today', until: pushedAt.length < most ? undefined : pushedAt.at(-most)! + DAY_MS },
    {
      reason: 'quiet_hours',
      until: quietUntil(now, { quietHours: settings['quiet-hours'], timeZone: settings['time-zone'] }),
    },
  ]
  for (const { reason, until } of hold) {
    if (until === undefined) continue
    return until < expiresAt ? { kind: 'wait', until } : drop(reason)
  }
  return { kind: 'send' }
}

const drop = (reason: string): Decision => ({ kind: 'drop', reason })
