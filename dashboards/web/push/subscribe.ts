/** Asks the browser's vendor for a subscription to this page's pushes. Apart from the rest, since a browser without a vendor's service cannot run it. */
export const subscribe = (registration: ServiceWorkerRegistration, key: string): Promise<PushSubscription> =>
  registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
