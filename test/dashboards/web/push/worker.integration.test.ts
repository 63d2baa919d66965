import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PushPayload } from '../../../../schemas/push-payload.ts'
import { type TestBrowser, startBrowser } from '../../../kit/browser.ts'
import { until } from '../../../kit/until.ts'
import { listenerOf } from '../../live-page.ts'
import { pushPage, pushedWorker } from '../../push-page.ts'

let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

const payload = (id: string, title: string): PushPayload => ({
  id,
  title,
  body: 'because you played Artist X',
  lang: 'en',
  url: `/?notification=${id}`,
})
const ada = listenerOf('ada')

/** The page, once its worker is there, and what it has told of notifications that were opened. */
async function openPushPage(...given: Parameters<typeof pushPage>) {
  const opened = await pushPage(...given)
  return {
    ...opened,
    clicked: () =>
      opened.told('pushOutcomes').map(({ notificationId, outcome }) => [notificationId, outcome]),
    async startWorker() {
      await opened.press()
      await opened.isOn(true)
      return pushedWorker(opened.page)
    },
  }
}

test('a push is shown as it says, and a second with the same id takes its place', async (t) => {
  const { startWorker, errors } = await openPushPage(t, { browser })
  const { push, shown } = await startWorker()
  const first = payload('ada.1', 'New for you: Artist A')
  await push(JSON.stringify(first))
  await until(async () => 'ada.1' in (await shown()), { what: 'the notification' })
  const { title, body, lang, url } = first
  assert.deepEqual(await shown(), { 'ada.1': { title, body, lang, tag: 'ada.1', data: { url } } })

  await push(JSON.stringify(payload('ada.1', 'New for you: Artist B')))
  await until(async () => (await shown())['ada.1']?.title.endsWith('B'), { what: 'the second' })
  assert.deepEqual(errors, [])
})

test('a push that says nothing is not shown, and the next one is', async (t) => {
  const { startWorker } = await openPushPage(t, { browser })
  const { push, shown } = await startWorker()
  for (const data of ['', 'not JSON', 'null', '[]', '{}', JSON.stringify({ ...payload('a', 't'), title: 7 })])
    await push(data)
  await push(JSON.stringify(payload('ada.2', 'Whole')))
  await until(async () => 'ada.2' in (await shown()), { what: 'the notification' })
  assert.deepEqual(Object.keys(await shown()), ['ada.2'])
})

test('a page that a notification has opened tells so once it is connected, and once only', async (t) => {
  const { page, clicked } = await openPushPage(t, { browser, path: `?notification=${ada}.7&other=x` })
  await page.waitForURL(/\/\?other=x$/)
  assert.deepEqual(clicked(), [[`${ada}.7`, 'clicked']])
  await page.reload()
  await page.locator('[data-connection=live]').waitFor()
  assert.equal(clicked().length, 1)
})

test('an id that is none of the listener’s leaves the address, and tells nothing', async (t) => {
  const { page, clicked } = await openPushPage(t, { browser, path: '?notification=somebody-else.7' })
  await page.waitForURL(/\/$/)
  assert.deepEqual(clicked(), [])
})

test('what was opened while Kafka is away stays in the address, and is told with the next connection', async (t) => {
  const { page, clicked, kafkaIsAway, stopLive, startLive } = await openPushPage(t, {
    browser,
    path: `?notification=${ada}.8`,
    isKafkaAway: true,
  })
  await page.locator('[data-connection=live]').waitFor()
  await stopLive()
  await page.locator('[data-connection=lost]').waitFor()
  assert.match(page.url(), /notification=/)
  kafkaIsAway(false)
  await startLive()
  await page.waitForURL(/\/$/)
  assert.deepEqual(clicked(), [[`${ada}.8`, 'clicked']])
})

test('a notification that is clicked while a page is open is told by that page', async (t) => {
  const { page, clicked, startWorker } = await openPushPage(t, { browser })
  const { click } = await startWorker()
  await click(`${ada}.9`)
  await until(() => clicked().length > 0, { what: 'the outcome' })
  await page.waitForURL(/\/$/)
  assert.deepEqual(clicked(), [[`${ada}.9`, 'clicked']])
})

test('one that is clicked while the gateway is away is told by the open page with its next connection', async (t) => {
  const { page, clicked, startWorker, stopLive, startLive } = await openPushPage(t, { browser })
  const { click } = await startWorker()
  await stopLive()
  await page.locator('[data-connection=lost]').waitFor()
  await click(`${ada}.10`)
  await page.waitForURL(/notification=/)
  await startLive()
  await page.waitForURL(/\/$/)
  assert.deepEqual(clicked(), [[`${ada}.10`, 'clicked']])
})
