import type { Centrifuge } from 'centrifuge'
import type { PreferenceName } from '../../../schemas/preferences.ts'
import { base64url } from '../model/base64url.ts'
import type { Refusal } from '../model/not-taken-text.ts'
import { pushText } from '../model/push-text.ts'
import { keepIn } from '../storage.ts'

export interface PushDeviceOptions {
  client: Pick<Centrifuge, 'rpc'>
  /** Whom the gateway knows the reader as. */
  listener: string
  vapidPublicKey: string
}

const WORKER = '/sw.js'
const OWNER = 'notified'
const browser = keepIn(() => localStorage)

/**
 * This browser, as one that takes pushes for a listener. A browser has one subscription, whoever uses it: the page remembers beside
 * it who has asked for notifications, and does nothing with it in another's name.
 */
export function pushDevice({ client, listener, vapidPublicKey }: PushDeviceOptions) {
  const isOwner = (): boolean => browser.get(OWNER) === listener
  const current = async () => (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription()
  const put = (subscription: PushSubscription) => client.rpc('subscription', { put: subscription.toJSON() })
  const prefer = (name: PreferenceName, value: string) => client.rpc('preference', { name, value })

  async function subscribe(): Promise<PushSubscription> {
    await navigator.serviceWorker.register(WORKER)
    const { pushManager } = await navigator.serviceWorker.ready
    const old = await pushManager.getSubscription()
    // Nobody can push to one that is of another key any more, and while it is there the browser makes no other.
    if (old && !isOf(old, vapidPublicKey)) await old.unsubscribe()
    return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: vapidPublicKey })
  }

  return {
    // Whoever takes back the permission takes back the subscription.
    isOn: async (): Promise<boolean> => isOwner() && Boolean(await current().catch(() => undefined)),

    /** Returns what the listener is to hear where they asked in vain. */
    async turnOn(): Promise<string | undefined> {
      const permission = await Notification.requestPermission()
      if (permission === 'denied') return pushText.blocked
      // Whoever closes the browser's question has not said no.
      if (permission !== 'granted') return undefined
      const subscription = await subscribe().catch(() => undefined)
      if (subscription === undefined) return pushText.noService
      try {
        await put(subscription)
        await prefer('push', 'on')
      } catch (refusal) {
        browser.remove(OWNER)
        await quietly(subscription.unsubscribe())
        return pushText.notOn(refusal as Refusal)
      }
      browser.set(OWNER, listener)
      const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions()
      await quietly(Promise.all([prefer('locale', locale), prefer('time-zone', timeZone)]))
      return undefined
    },

    /** Turns this device off; others of the listener go on. Returns what they are to hear where they asked in vain. */
    async turnOff(): Promise<string | undefined> {
      try {
        const subscription = await current()
        await subscription?.unsubscribe()
        browser.remove(OWNER)
        // Where the gateway does not hear of it, the push stage does, from the browser's push service.
        if (subscription) await quietly(client.rpc('subscription', { delete: subscription.endpoint }))
        return undefined
      } catch {
        return pushText.notOff
      }
    },

    /** Tells the gateway again: what it was told long ago may be lost, or of an older subscription. */
    async renew(): Promise<void> {
      if (!isOwner() || Notification.permission !== 'granted') return
      const present = await current()
      await put(present && isOf(present, vapidPublicKey) ? present : await subscribe())
    },
  }
}

function isOf({ options }: PushSubscription, publicKey: string): boolean {
  const key = options.applicationServerKey
  return key !== null && base64url(new Uint8Array(key)) === publicKey
}

/** For what is useful, and does no harm if it fails. */
const quietly = (attempt: Promise<unknown>): Promise<unknown> => attempt.catch(() => undefined)
