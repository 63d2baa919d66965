import type { Centrifuge } from 'centrifuge'
import type { PreferenceName } from '../../../schemas/preferences.ts'
import { notifyButton } from '../views/notify-button.ts'
import { subscribe } from './subscribe.ts'

export interface PushesOptions {
  client: Centrifuge
  /** What to subscribe with; empty: this installation has no pushes. */
  vapidPublicKey: string
  /** Something that the listener asked for was not done; the message says what and why. */
  failed(message: string): void
}

const WORKER = '/sw.js'
const PARAMETER = 'notification'

/** Lets the listener have pushes on this device, and tells the gateway which of them they have opened. */
export function startPushes({ client, vapidPublicKey, failed }: PushesOptions): void {
  const opened = (notificationId: string): void => {
    client.rpc('feedback', { event: 'opened', notificationId }).catch(() => undefined)
  }
  const id = takeFromAddress()
  if (id !== undefined) opened(id)
  if (vapidPublicKey === '' || !canPush()) return

  navigator.serviceWorker.addEventListener(
    'message',
    ({ data }: MessageEvent<{ opened?: string } | null>) => {
      if (typeof data?.opened === 'string') opened(data.opened)
    },
  )
  const device = pushDevice(client, vapidPublicKey)
  const button = notifyButton(async (wanted) => {
    try {
      await (wanted ? device.add() : device.remove())
    } catch (error) {
      failed(wanted ? notOnText(error) : 'Notifications could not be turned off. Try again in a moment.')
    }
    button.show(await device.isThere())
  })
  // What a browser has subscribed to may have changed since, or may have been forgotten here.
  void device.renew().catch(() => undefined)
  void device.isThere().then((on) => button.show(on))
}

/** This browser, as one that takes pushes. */
function pushDevice(client: Centrifuge, vapidPublicKey: string) {
  const current = async () => (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription()
  const prefer = (name: PreferenceName, value: string) => client.rpc('preference', { name, value })
  const put = async (subscription: PushSubscription): Promise<void> => {
    await client.rpc('subscription', { put: subscription.toJSON() })
  }
  return {
    // Whoever takes back the permission takes back the subscription.
    isThere: async (): Promise<boolean> => Boolean(await current().catch(() => undefined)),

    async add(): Promise<void> {
      if ((await Notification.requestPermission()) !== 'granted') throw new PermissionDenied()
      await navigator.serviceWorker.register(WORKER)
      await put(await subscribe(await navigator.serviceWorker.ready, vapidPublicKey))
      const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions()
      await Promise.all([prefer('push', 'on'), prefer('locale', locale), prefer('time-zone', timeZone)])
    },

    /** This device alone: others of the listener go on. */
    async remove(): Promise<void> {
      const subscription = await current()
      if (!subscription) return
      await client.rpc('subscription', { delete: subscription.endpoint })
      await subscription.unsubscribe()
    },

    async renew(): Promise<void> {
      const subscription = await current()
      if (subscription) await put(subscription)
    },
  }
}

class PermissionDenied extends Error {}

const notOnText = (error: unknown): string =>
  error instanceof PermissionDenied
    ? 'This browser does not let the page notify you: allow it in the settings of the site, then try again.'
    : 'Notifications could not be turned on: the browser’s push service or the gateway does not answer. Try again in a moment.'

const canPush = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis

/** The notification that has brought the listener here; it leaves the address, so that it is told once. */
function takeFromAddress(): string | undefined {
  const url = new URL(location.href)
  const id = url.searchParams.get(PARAMETER)
  if (id === null) return undefined
  url.searchParams.delete(PARAMETER)
  history.replaceState(null, '', url)
  return id
}
