import { createECDH, randomBytes } from 'node:crypto'

/** What the vendor's push service gives a browser. */
export const device = {
  endpoint: 'https://push.example/send/abc',
  keys: {
    p256dh: createECDH('prime256v1').generateKeys('base64url'),
    auth: randomBytes(16).toString('base64url'),
  },
}

export interface Vendor {
  device: typeof device
  permission: NotificationPermission
  hasService: boolean
}

/**
 * In a page: does what the vendor of a browser does for it. Chromium as it is tested here, which has no vendor, subscribes nowhere
 * and allows no notifications. A subscription outlasts a reload.
 */
export function playVendor({ device, permission, hasService }: Vendor): void {
  const KEY = 'subscribed with'
  const bytesOf = (base64url: string) =>
    Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (each) => each.charCodeAt(0))
  const present = () => {
    const key = localStorage.getItem(KEY)
    return (
      key && {
        endpoint: device.endpoint,
        options: { applicationServerKey: bytesOf(key).buffer },
        toJSON: () => ({ ...device, expirationTime: null }),
        async unsubscribe() {
          localStorage.removeItem(KEY)
          return true
        },
      }
    )
  }
  Object.defineProperty(Notification, 'permission', { get: () => permission })
  Notification.requestPermission = async () => permission
  Object.assign(PushManager.prototype, {
    getSubscription: async () => present(),
    async subscribe({ applicationServerKey }: { applicationServerKey: string }) {
      const other = present() && localStorage.getItem(KEY) !== applicationServerKey
      if (!hasService || other) throw new DOMException('refused', 'AbortError')
      localStorage.setItem(KEY, applicationServerKey)
      return present()
    },
  })
}

export type ShownNotification = NotificationOptions & { title: string }

/**
 * In a worker: keeps by tag, as a screen would, what is to be shown, and lets a page be brought forward. Chromium as it is tested here has no screen for
 * the one, and does the other for a person's click alone.
 */
export function recordNotifications(): void {
  const shown: Record<string, ShownNotification> = {}
  const scope = globalThis as unknown as {
    registration: ServiceWorkerRegistration
    WindowClient: { prototype: { focus(): Promise<void> } }
  }
  scope.registration.showNotification = async (title, options = {}) => {
    shown[options.tag ?? ''] = { title, ...options }
  }
  scope.WindowClient.prototype.focus = async () => undefined
  Object.assign(globalThis, { shown })
}
