import type { Logger } from 'pino'
import type { Notification, PushSubscription } from '../../schemas/events.ts'
import { type PushPayload, openedParameter } from '../../schemas/push-payload.ts'
import { type WebPushDevice, openSubscription } from '../../schemas/push-subscriptions.ts'
import type { SealingKey } from '../../schemas/seal.ts'
import type { Devices } from './devices.ts'
import type { PushMetrics } from './metrics.ts'
import type { PushAnswer, PushMessage, PushProvider } from './provider.ts'
import type { Settings } from './settings.ts'
import type { Templates } from './templates.ts'

export interface SenderOptions {
  settings: Settings
  devices: Devices
  templates: Templates
  provider: PushProvider<WebPushDevice>
  /** Opens subscriptions. */
  key: SealingKey
  metrics: PushMetrics
  log: Logger
  now(): number
}

/** Words notifications, and sends them to devices. */
export class Sender {
  readonly #options: SenderOptions

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** @param others how many more notifications this one stands for */
  messageOf(notification: Notification, others: number): PushMessage {
    const { settings, templates, now } = this.#options
    const { notificationId, listener, expiresAt } = notification
    const told = templates.tell(notification, { locale: settings.of(listener).locale, others })
    const url = `/?${openedParameter}=${encodeURIComponent(notificationId)}`
    const payload: PushPayload = { id: notificationId, ...told, url }
    return {
      payload: Buffer.from(JSON.stringify(payload)),
      ttlSeconds: Math.max(0, Math.floor((expiresAt - now()) / 1_000)),
      urgency: 'normal',
      // Of recommendations that have not reached a device yet, the last is enough.
      topic: notification.kind,
    }
  }

  async send(listener: string, deviceId: string, message: PushMessage): Promise<PushAnswer> {
    const { devices, provider, metrics } = this.#options
    const subscription = devices.get(listener, deviceId)
    if (subscription === undefined) return { kind: 'refused', status: null, reason: 'taken_back' }
    const device = this.#opened(subscription)
    if (device === undefined) return { kind: 'refused', status: null, reason: 'not_readable' }
    const began = performance.now()
    const answer = await provider.send(device, message)
    metrics.answered((performance.now() - began) / 1_000)
    return answer
  }

  #opened(subscription: PushSubscription): WebPushDevice | undefined {
    const { key, log } = this.#options
    try {
      return openSubscription(key, subscription)
    } catch {
      const { deviceId, keyId } = subscription
      log.warn({ deviceId, keyId }, 'a subscription cannot be opened: PUSH_KEY is not the key that sealed it')
      return undefined
    }
  }
}
