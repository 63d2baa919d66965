import type { Notification } from '../../schemas/events.ts'
import { backoff } from './backoff.ts'
import { type Decision, decide } from './decide.ts'
import type { Devices } from './devices.ts'
import type { Ledger, OpenDelivery } from './ledger.ts'
import type { PushMetrics } from './metrics.ts'
import type { Outcome, OutcomeLog } from './outcome-log.ts'
import type { PushAnswer } from './provider.ts'
import type { Job, JobHandler, Next } from './queue.ts'
import type { Sender } from './sender.ts'
import type { Settings } from './settings.ts'

export interface CourierOptions {
  settings: Settings
  devices: Devices
  ledger: Ledger
  outcomes: OutcomeLog
  sender: Sender
  /** Whether a listener is looking at the page. */
  isPresent(listener: string): Promise<boolean>
  /** Takes a device off the list. */
  takeBack(listener: string, deviceId: string): Promise<void>
  /** In 24 hours, for whoever has not said. */
  pushesADay: number
  /** After so long a push whose answer was not recorded will have none any more. */
  answerWithinMs: number
  metrics: PushMetrics
  now(): number
}

const NEVER_SENT = { attempt: 0, mayHaveArrived: false }

/** Brings notifications to devices: decides at the moment of sending, sends, records what became of it. */
export class Courier implements JobHandler {
  readonly #options: CourierOptions

  constructor(options: CourierOptions) {
    this.#options = options
  }

  canYield({ notification }: Job): boolean {
    return this.#options.ledger
      .open(notification.notificationId)
      .every(({ inDoubtSince }) => inDoubtSince === undefined)
  }

  supersede({ notification, others }: Job, by: Job): Promise<void> {
    // What has been sent to a device already has been told of.
    if (!this.#options.ledger.isClaimed(notification.notificationId)) by.others += others + 1
    return this.#drop(notification, 'superseded')
  }

  async attend(job: Job): Promise<Next> {
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

  async #decide(notification: Notification, hasDevice: boolean): Promise<Decision> {
    const { settings, ledger, pushesADay, isPresent, now } = this.#options
    const { listener, notificationId } = notification
    const decision = decide(notification, {
      settings: settings.of(listener),
      hasDevice,
      pushesADay,
      now: now(),
      pushedAt: ledger.pushedAt(listener, { now: now(), but: notificationId }),
    })
    if (decision.kind === 'send' && (await isPresent(listener))) return { kind: 'drop', reason: 'on_screen' }
    return decision
  }

  async #deliver(job: Job, open: OpenDelivery[]): Promise<Next> {
    const { ledger, outcomes, sender, takeBack, now } = this.#options
    const { notification, others } = job
    const { notificationId, listener, expiresAt } = notification
    const begun = open.map(({ deviceId, attempt }) => ({ deviceId, attempt: attempt + 1 }))
    await outcomes.record(begun.map((each) => outcome(notification, { ...each, outcome: 'attempted' })))
    // Whoever has the partition by now waits for an answer, and then sends it, as one that is in doubt.
    if (!job.isOurs()) return { again: now() }
    this.#options.metrics.doubtful(open.filter(({ mayHaveArrived }) => mayHaveArrived).length)
    const message = sender.messageOf(notification, others)
    const answers = await Promise.all(
      begun.map(async (each) => ({ ...each, answer: await sender.send(listener, each.deviceId, message) })),
    )
    await outcomes.record(
      answers.map(({ answer, ...each }) => outcome(notification, { ...each, ...outcomeOf(answer) })),
    )
    for (const { deviceId, answer } of answers) if (answer.kind === 'gone') await takeBack(listener, deviceId)
    if (ledger.isSettled(notificationId)) return 'settled'
    const attempt = Math.max(...begun.map((each) => each.attempt))
    const asked = answers.map(({ answer }) => (answer.kind === 'later' ? (answer.afterMs ?? 0) : 0))
    return { again: Math.min(expiresAt, now() + Math.max(backoff(attempt), ...asked)) }
  }

  async #drop(notification: Notification, reason: string): Promise<void> {
    await this.#options.outcomes.record([
      outcome(notification, { outcome: 'dropped', reason, deviceId: null, attempt: 0 }),
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
