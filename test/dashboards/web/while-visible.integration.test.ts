import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { until } from '../../kit/until.ts'
import { forYouPage } from '../for-you-page.ts'
import { recommended } from '../recommended.ts'

let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

test('a listener is there while the page can be seen; behind others it keeps its list, and then gets the newest', async (t) => {
  const { page, panel, recommend, present, errors } = await forYouPage(t, { browser })
  const turn = (visibility: 'visible' | 'hidden') =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, visibility)
  const names = () => panel.locator('.artist').allTextContents()

  await recommend({ items: [recommended('A')] })
  await panel.getByText('Artist A').waitFor()
  await until(present, { what: 'the listener to be there' })
  await turn('hidden')
  await until(async () => !(await present()), { what: 'the listener to be gone' })
  await recommend({ items: [recommended('B')] })
  await recommend({ items: [recommended('C')] })
  assert.deepEqual(await names(), ['Artist A'])
  assert.equal(await page.locator('html').getAttribute('data-connection'), 'live')

  await turn('visible')
  await until(present, { what: 'the listener to be there again' })
  await until(async () => (await names()).join() === 'Artist C', { what: 'the newest list' })
  assert.deepEqual(errors, [])
})
