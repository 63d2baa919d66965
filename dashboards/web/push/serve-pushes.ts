import { pushedIn } from '../model/pushed.ts'
import { fieldsOf } from '../model/shape.ts'
import type { WorkerScope } from './worker-scope.ts'

/** Shows what is pushed, and brings whoever clicks on it to the page. */
export function servePushes(worker: WorkerScope): void {
  // It keeps nothing for the pages of an older one, so that a new one need not wait for them to be closed.
  worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()))

  worker.addEventListener('push', (event) => {
    const pushed = pushedIn(event.data?.text())
    if (pushed === undefined) return
    const { id, title, body, lang, url } = pushed
    event.waitUntil(worker.registration.showNotification(title, { body, lang, tag: id, data: { url } }))
  })

  worker.addEventListener('notificationclick', (event) => {
    const { notification } = event
    notification.close()
    event.waitUntil(openPage(worker, notification.tag, fieldsOf(notification.data)['url']))
  })
}

/** A page that is open comes to the front and hears of the click; else one is opened, which finds it in its address. */
async function openPage(worker: WorkerScope, id: string, given: unknown): Promise<void> {
  const [page] = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (page === undefined) {
    await worker.clients.openWindow(ownUrl(worker.location.origin, given))
    return
  }
  page.postMessage({ opened: id })
  await page.focus()
}

/** No push leads anywhere else. */
function ownUrl(origin: string, given: unknown): string {
  const url = typeof given === 'string' ? URL.parse(given, origin) : null
  return url?.origin === origin ? url.href : origin
}
