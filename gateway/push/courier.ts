import type { Logger } from 'pino'
import type { Notification, PushSubscription } from '../../schemas/events.ts'
import { type WebPushDevice, openSubscription } from '../../schemas/push-subscriptions.ts'
import type { SealingKey } from '../../schemas/seal.ts'
import { backoff } from './backoff.ts'
import { decide } from './decide.ts'
import type { Devices } from './devices.ts'
import type { Ledger, OpenDelivery } from './ledger.ts'
import type { PushMetrics } from './metrics.ts'
import type { Outcome, OutcomeLog } from './outcome-log.ts'
import type { PushAnswer, PushMessage, PushProvider } from './provider.ts'
import type { Job, JobHandler, Next } from './queue.ts'
import type { Settings } from './settings.ts'
import type { Templates } from './templates.ts'

export interface CourierOptions {
  settings: Settings
  devices: Devices
  ledger: Ledger
  outcomes: OutcomeLog
  templates: Templates
  provider: PushProvider<WebPushDevice>
  /** Opens subscriptions. */
  key: SealingKey
  /** Whether a listener is looking at the page. */
  isPresent(listener: string): Promise<boolean>
  /** In 24 hours, for whoever has not said. */
  pushesADay: number
  /** After so long a push whose answer was not recorded will have none any more. */
  answerWithinMs: number
  metrics: PushMetrics
  log: Logger
  now(): number
}

const NEVER_SENT = { attempt: 0 }

/** Brings notifications to devices: decides at the moment of sending, sends, records what became of it. */
export class Courier implements JobHandler {
  readonly #options: CourierOptions

  constructor(options: CourierOptions) {
    this.#options = options
  }

  isClaimed = ({ notification }: Job): boolean => this.#options.ledger.isClaimed(notification.notificationId)

  supersede = (job: Job): Promise<void> => this.#drop(job.notification, 'superseded')

  attend = async (job: Job): Promise<Next> => {
    const { notification } = job
    const { ledger, now } = this.#options
    const { notificationId } = notification
    if (ledger.isSettled(notificationId)) return 'settled'
    const open = this.#openDeliveries(notification)
    // Whoever sent it last may be about to say what became of it.
    const answeredBy =
      Math.max(...open.map(({ inDoubtSince }) => inDoubtSince ?? 0)) + this.#options.answerWithinMs
    if (answeredBy > now()) return { again: answeredBy }
    const decision = await this.#decide(notification, open.length > 0)
    if (decision.kind === 'wait') return { again: decision.until }
    if (decision.kind === 'send') return this.#deliver(job, open)
    await this.#drop(notification, decision.reason)
    return 'settled'
  }

  /** To whom it is still to go: who has been chosen, else everybody who takes pushes now. */
  #openDeliveries({ notificationId, listener }: Notification): OpenDelivery[] {
    const { ledger, devices } = this.#options
    if (!ledger.isClaimed(notificationId))
      return devices.of(listener).map(({ deviceId }) => ({ deviceId, ...NEVER_SENT }))
    return ledger.open(notificationId).filter(({ deviceId }) => devices.get(listener, deviceId) !== undefined)
  }

  async #decide(notification: Notification, hasDevice: boolean) {
    const { settings, ledger, pushesADay, isPresent, now } = this.#options
    const { listener, notificationId } = notification
    const decision = decide(notification, {
      ...{ settings: settings.of(listener), hasDevice, pushesADay, now: now() },
      pushedAt: ledger.pushedAt(listener, { now: now(), but: notificationId }),
    })
    if (decision.kind === 'send' && (await isPresent(listener)))
      return { kind: 'drop', reason: 'on_screen' } as const
    return decision
  }

  async #deliver({ notification, others }: Job, open: OpenDelivery[]): Promise<Next> {
    const { ledger, outcomes, metrics, now } = this.#options
    const { notificationId } = notification
    metrics.doubtful(open.filter(({ inDoubtSince }) => inDoubtSince !== undefined).length)
    const begun = open.map(({ deviceId, attempt }) => ({ deviceId, attempt: attempt + 1 }))
    await outcomes.record(begun.map((each) => outcome(notification, { ...each, outcome: 'attempted' })))
    const message = this.#messageOf(notification, others)
    const answers = await Promise.all(
      begun.map(async (each) => ({
        ...each,
        answer: await this.#send(notification, each.deviceId, message),
      })),
    )
    await outcomes.record(
      answers.map(({ answer, ...each }) => outcome(notification, { ...each, ...outcomeOf(answer) })),
    )
    for (const { deviceId, answer } of answers)
      if (answer.kind === 'gone') await outcomes.forget(notification.listener, deviceId)
    if (ledger.isSettled(notificationId)) return 'settled'
    const attempt = Math.max(...begun.map((each) => each.attempt))
    const asked = answers.map(({ answer }) => (answer.kind === 'later' ? (answer.afterMs ?? 0) : 0))
    return { again: now() + Math.max(backoff(attempt), ...asked) }
  }

  #messageOf(notification: Notification, others: number): PushMessage {
    const { settings, templates, now } = this.#options
    const { notificationId, listener, expiresAt } = notification
    const told = templates.tell(notification, { locale: settings.of(listener).locale, others })
    const url = `/?notification=${encodeURIComponent(notificationId)}`
    return {
      payload: Buffer.from(JSON.stringify({ id: notificationId, ...told, url })),
      ttlSeconds: Math.max(0, Math.floor((expiresAt - now()) / 1_000)),
      urgency: 'normal',
      // Of recommendations that have not reached a device yet, the last is enough.
      topic: notification.kind,
    }
  }

  async #send({ listener }: Notification, deviceId: string, message: PushMessage): Promise<PushAnswer> {
    const { devices, provider, metrics } = this.#options
    const subscription = devices.get(listener, deviceId)
    const device = subscription === undefined ? undefined : this.#opened(subscription)
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

  async #drop(notification: Notification, reason: string): Promise<void> {
    await this.#options.outcomes.record([
      outcome(notification, { outcome: 'dropped', reason, deviceId: null, ...NEVER_SENT }),
    ])
  }
}

function outcome(
  { notificationId, listener }: Notification,
  what: Pick<Outcome, 'deviceId' | 'outcome' | 'attempt'> & Partial<Outcome>,
): Outcome {
  return { notificationId, listener, reason: null, status: null, ...what }
}

function outcomeOf(answer: PushAnswer): Pick<Outcome, 'outcome' | 'reason' | 'status'> {
  const { kind, status } = answer
  if (kind === 'accepted') return { outcome: 'accepted', reason: null, status }
  if (kind === 'gone') return { outcome: 'pruned', reason: null, status }
  return { outcome: kind === 'later' ? 'deferred' : 'failed', reason: answer.reason, status }
}
