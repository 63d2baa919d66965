import assert from 'node:assert/strict'
import { createECDH, randomBytes } from 'node:crypto'
import { type TestContext, after, before, test } from 'node:test'
import type { CDPSession, Page } from 'playwright-core'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { until } from '../../kit/until.ts'
import { forYouPage } from '../for-you-page.ts'
import { listenerOf } from '../live-page.ts'
import { recommended } from '../recommended.ts'

const point = () => createECDH('prime256v1').generateKeys('base64url')
const vapidPublicKey = point()
const device = {
  endpoint: 'https://push.example/secret',
  keys: { p256dh: point(), auth: randomBytes(16).toString('base64url') },
}
let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

/**
 * The page in a browser that lets it notify. What the browser's vendor would do, which is to make a subscription and to remember it, is done by the test.
 */
async function notifiablePage(t: TestContext, { permissions = ['notifications'], remembered = false } = {}) {
  const opened = await forYouPage(t, {
    ...{ browser, vapidPublicKey, context: { viewport: { width: 1280, height: 1600 }, permissions } },
    prepare: (page: Page) =>
      page.addInitScript(
        ({ subscription, remembered: there }) => {
          const made = { ...subscription, toJSON: () => subscription, unsubscribe: () => (current = null) }
          let current: unknown = there ? made : null
          const vendor = PushManager.prototype as unknown as Record<string, unknown>
          vendor['subscribe'] = (options: unknown) => {
            Object.assign(globalThis, { subscribedWith: options })
            current = made
            return Promise.resolve(made)
          }
          vendor['getSubscription'] = () => Promise.resolve(current)
        },
        { subscription: device, remembered },
      ),
  })
  return { ...opened, button: opened.page.locator('#notify') }
}

/** The service worker's registration, as DevTools knows it. */
async function registrationOf(cdp: CDPSession): Promise<string> {
  const found = new Promise<string>((resolve) => {
    cdp.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      const active = versions.find(({ status }) => status === 'activated')
      if (active) resolve(active.registrationId)
    })
  })
  await cdp.send('ServiceWorker.enable')
  return found
}

/** This browser has no place to show notifications: what the worker asks it to show is written down instead. */
async function watchShown(page: Page) {
  const worker = page.context().serviceWorkers()[0] ?? (await page.context().waitForEvent('serviceworker'))
  await worker.evaluate(() => {
    const shown: unknown[] = []
    Object.assign(globalThis, { shown })
    ServiceWorkerRegistration.prototype.showNotification = (title, options) => {
      shown.push({ title, ...options })
      return Promise.resolve()
    }
  })
  return () => worker.evaluate(() => (globalThis as unknown as { shown: Record<string, unknown>[] }).shown)
}

test('a listener turns notifications on and off: the gateway has the device, its language and time zone', async (t) => {
  const { page, button, told, devicesTold, errors } = await notifiablePage(t)
  await button.waitFor()
  assert.equal(await button.textContent(), 'Notify me')
  await button.focus()
  await page.keyboard.press('Enter')
  await until(async () => (await button.getAttribute('aria-pressed')) === 'true', {
    what: 'the switch to be on',
  })
  assert.equal(await button.textContent(), 'Notifications on')
  assert.deepEqual(devicesTold(), [device])
  const options = await page.evaluate(() => (globalThis as { subscribedWith?: unknown }).subscribedWith)
  assert.deepEqual(options, { userVisibleOnly: true, applicationServerKey: vapidPublicKey })
  const said = told('preferences').map(({ name, value }) => [name, value])
  const zone = await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
  assert.deepEqual(said.toSorted(), [
    ['locale', 'en-GB'],
    ['push', 'on'],
    ['time-zone', zone],
  ])
  await button.click()
  await until(async () => (await button.getAttribute('aria-pressed')) === 'false', {
    what: 'the switch to be off',
  })
  assert.deepEqual(devicesTold(), [device, undefined])
  assert.deepEqual(errors, [])
})

test('a push becomes a notification under its id, so that one that comes again takes its place; what is none shows nothing', async (t) => {
  const { page, button, address } = await notifiablePage(t)
  await button.click()
  const cdp = await page.context().newCDPSession(page)
  const registrationId = await registrationOf(cdp)
  const shown = await watchShown(page)
  const deliver = (data: string) =>
    cdp.send('ServiceWorker.deliverPushMessage', { origin: address, registrationId, data })
  const pushed = {
    id: 'ada.1',
    title: 'Björk for you',
    body: 'Because …',
    lang: 'en',
    url: '/?notification=ada.1',
  }
  const bad = ['', 'garbage', '{}', 'null', JSON.stringify({ ...pushed, url: '//elsewhere.example' })]
  for (const data of [...bad, JSON.stringify(pushed)]) await deliver(data)
  await until(async () => (await shown()).length > 0, { what: 'the notification' })
  const { id, url, title, body, lang } = pushed
  assert.deepEqual(await shown(), [{ title, body, lang, tag: id, data: { id, url } }])
})

test('whoever clicks a notification gets the page that is open, and the gateway is told', async (t) => {
  const { page, button, told } = await notifiablePage(t)
  await button.click()
  await watchShown(page)
  const id = `${listenerOf('ada')}.1000`
  const [worker] = page.context().serviceWorkers()
  await worker!.evaluate((which) => {
    const notification = { close: () => undefined, data: { id: which, url: `/?notification=${which}` } }
    // A page is brought forward only by a click of a person's.
    const waitUntil = (done: Promise<unknown>) => void done.catch(() => undefined)
    dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil }))
  }, id)
  await until(() => told('pushOutcomes').length > 0, { what: 'what was opened' })
  assert.deepEqual(told('pushOutcomes')[0]!['notificationId'], id)
})

test('a page that is not to be seen has no list on the screen, so its listener is not there', async (t) => {
  const { page, present, panel, recommend } = await forYouPage(t, { browser })
  await until(present, { what: 'the listener to be there' })
  const turn = (visibilityState: string) =>
    page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, visibilityState)
  await turn('hidden')
  await until(async () => !(await present()), { what: 'the listener to be gone' })
  await recommend({ items: [recommended('A')] })
  await turn('visible')
  await until(present, { what: 'the listener to be there again' })
  await panel.getByText('Artist A').waitFor()
})

test('a page that a notification has opened says so once, and its address forgets it', async (t) => {
  const notificationId = `${listenerOf('ada')}.1000`
  const { page, told } = await forYouPage(t, { browser, query: `?notification=${notificationId}` })
  await until(() => told('pushOutcomes').length > 0, { what: 'what was opened' })
  const [{ outcome, notificationId: which }] = told('pushOutcomes') as [Record<string, unknown>]
  assert.deepEqual([outcome, which], ['clicked', notificationId])
  assert.doesNotMatch(page.url(), /notification/)
  await page.reload()
  await page.locator('#for-you').waitFor()
  assert.equal(told('pushOutcomes').length, 1)
})

test('a device that is still subscribed is told again when the page is opened', async (t) => {
  const { page, button, devicesTold } = await notifiablePage(t, { remembered: true })
  await page.evaluate(() => navigator.serviceWorker.register('/sw.js'))
  await page.evaluate(() => navigator.serviceWorker.ready)
  const before = devicesTold().length
  await page.reload()
  await until(() => devicesTold().length > before, { what: 'the device' })
  assert.equal(await button.getAttribute('aria-pressed'), 'true')
})

test('where the browser does not let it, the page says what to do; without a key it offers nothing', async (t) => {
  const { page, button, devicesTold } = await notifiablePage(t, { permissions: [] })
  await button.click()
  await page.getByText('allow it in the settings of the site').waitFor()
  assert.equal(await button.getAttribute('aria-pressed'), 'false')
  assert.deepEqual(devicesTold(), [])
  const without = await forYouPage(t, { browser })
  await without.page.locator('#for-you').waitFor()
  assert.ok(await without.page.locator('#notify').isHidden())
})
