import { createECDH } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { until } from '../kit/until.ts'
import { type ForYouPageOptions, forYouPage } from './for-you-page.ts'
import { type ShownNotification, device, playVendor, recordNotifications } from './push-vendor.ts'

/** What browsers subscribe with on such a page. */
export const vapidPublicKey = createECDH('prime256v1').generateKeys('base64url')

export interface PushPageOptions extends ForYouPageOptions {
  /** What the reader says to notifications. Default: they may be shown. */
  permission?: NotificationPermission
  /** False: the vendor's push service does not answer. */
  hasService?: boolean
}

/** The live page in a browser whose vendor is played by the test. */
export async function pushPage(t: TestContext, options: PushPageOptions) {
  const { permission = 'granted', hasService = true } = options
  const opened = await forYouPage(t, {
    vapidPublicKey,
    ...options,
    async prepare(page) {
      await page.addInitScript(playVendor, { device, permission, hasService })
      await options.prepare?.(page)
    },
  })
  const { page } = opened
  const button = page.locator('#notify')
  return {
    ...opened,
    button,
    /** Presses the button when the page is live: before, what it says would make way for what the lamp says. */
    async press(): Promise<void> {
      await page.locator('[data-connection=live]').waitFor()
      await button.click()
    },
    isOn: (on: boolean) =>
      until(async () => (await button.getAttribute('aria-pressed')) === String(on), {
        what: `the switch to be ${on ? 'on' : 'off'}`,
      }),
    /** The key of the browser's subscription; null without one. */
    subscribedWith: () => page.evaluate(() => localStorage.getItem('subscribed with')),
  }
}

/** The page's worker, which takes pushes as if the vendor's service had sent them, and records what it would show. */
export async function pushedWorker(page: Page) {
  const devtools = await page.context().newCDPSession(page)
  let registrationId: string | undefined
  devtools.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
    registrationId ??= versions.find(({ status }) => status === 'activated')?.registrationId
  })
  await devtools.send('ServiceWorker.enable')
  const id = await until(() => registrationId, { what: 'the worker to be active' })
  const worker = await until(() => page.context().serviceWorkers()[0], { what: 'the worker to run' })
  await worker.evaluate(recordNotifications)
  const { origin } = new URL(page.url())
  return {
    push: (data: string) =>
      devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId: id, data }),
    shown: () =>
      worker.evaluate(() => (globalThis as unknown as { shown: Record<string, ShownNotification> }).shown),
    /** Clicks on a notification of that id; done when the worker is. */
    click: (id: string) =>
      worker.evaluate(async (tag) => {
        let done: Promise<unknown> | undefined
        const waitUntil = (promise: Promise<unknown>) => (done = promise)
        const notification = { tag, data: { url: '/' }, close: () => undefined }
        dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil }))
        await done
      }, id),
  }
}
