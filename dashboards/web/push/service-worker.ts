import { pushedIn } from '../model/pushed.ts'

/** What is used here of a worker's scope: TypeScript has its types for programs that are nothing but workers. */
interface WorkerScope {
  registration: ServiceWorkerRegistration
  clients: {
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<OpenWindow[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  addEventListener<Name extends keyof WorkerEvents>(
    name: Name,
    handle: (event: WorkerEvents[Name]) => void,
  ): void
}

interface OpenWindow {
  focus(): Promise<unknown>
  postMessage(message: unknown): void
}

interface WorkerEvent extends Event {
  waitUntil(done: Promise<unknown>): void
}

interface WorkerEvents {
  install: WorkerEvent
  push: WorkerEvent & { data: { text(): string } | null }
  notificationclick: WorkerEvent & { notification: Notification }
}

const worker = globalThis as unknown as WorkerScope

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()))

worker.addEventListener('push', (event) => {
  const pushed = pushedIn(event.data?.text())
  if (pushed === undefined) return
  const { id, title, body, lang, url } = pushed
  // One that comes twice takes its own place.
  event.waitUntil(worker.registration.showNotification(title, { body, lang, tag: id, data: { id, url } }))
})

worker.addEventListener('notificationclick', (event) => {
  const { notification } = event
  notification.close()
  event.waitUntil(open(notification.data as { id: string; url: string }))
})

/** Shows the page: one that is open already, and is told what brings it forward, else a new one. */
async function open({ id, url }: { id: string; url: string }): Promise<void> {
  const [page] = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (page === undefined) {
    await worker.clients.openWindow(url)
    return
  }
  page.postMessage({ opened: id })
  await page.focus()
}
