/** What of a service worker is used here: TypeScript knows the world of pages or that of workers, not both at once. */
export interface WorkerScope {
  location: { origin: string }
  registration: Pick<ServiceWorkerRegistration, 'showNotification'>
  clients: {
    /** The last one that had the focus comes first. */
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<OpenPage[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  addEventListener<Type extends keyof WorkerEvents>(
    type: Type,
    listener: (event: WorkerEvents[Type]) => void,
  ): void
}

export interface OpenPage {
  focus(): Promise<unknown>
  postMessage(message: WorkerMessage): void
}

/** What the worker tells a page: its notification of this id was clicked. */
export interface WorkerMessage {
  opened: string
}

interface Extendable {
  /** The worker stays alive until then. */
  waitUntil(done: Promise<unknown>): void
}

export interface WorkerEvents {
  install: Extendable
  push: Extendable & { data: { text(): string } | null }
  notificationclick: Extendable & { notification: Pick<Notification, 'close' | 'data' | 'tag'> }
}
