import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { livePage, namesIn, topOf } from '../live-page.ts'

const MINUTE = 60_000
let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

test('what is missing for want of listeners is said, in the list, the chart and the table', async (t) => {
  const minute = Math.floor(Date.now() / MINUTE) * MINUTE
  const { page, publish, errors } = await livePage(t, {
    browser,
    k: 10,
    plays: [minute],
    shown: [{ list: 'r1', version: 'm1', at: minute }],
  })
  await page.locator('[data-connection=live]').waitFor()
  await page.getByText('No version has been seen by 10 listeners yet; fewer are not shown.').waitFor()
  await page.getByText('Minutes of fewer than 10 listeners are not shown.').waitFor()
  assert.equal(await page.locator('#chart').getAttribute('data-plays'), '0')
  await publish({ totalPlays: 0 })
  await page.getByText('No artist has 10 listeners in this hour yet; fewer are not shown.').waitFor()
  await page.getByText('last hour, by plays, from 10 listeners on').waitFor()
  await publish({ top: topOf('AB'), totalPlays: 20 })
  await page.locator('#total', { hasText: '20' }).waitFor()
  assert.deepEqual(await namesIn(page), ['Artist A', 'Artist B'])
  await page.getByText('in all, in minutes of 10 listeners or more').waitFor()
  assert.deepEqual(errors, [])
})
