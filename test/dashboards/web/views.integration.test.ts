import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { places } from '../../../dashboards/web/model/places.ts'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { until } from '../../kit/until.ts'
import { topOf } from '../live-page.ts'
import { serious } from '../serious.ts'
import { artists, viewsPage } from '../views-page.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const artist = `/artist?id=${encodeURIComponent(`${artists[0]}`)}&name=Ada`
const addresses = [places.overview, places.artists, artist, places.listeners, places.you]

let browser: TestBrowser
let live: Awaited<ReturnType<typeof viewsPage>>
let page: Page
const undo: (() => unknown)[] = []

before(async () => {
  browser = await startBrowser()
  live = await viewsPage({ after: (step) => void undo.push(step as () => unknown) }, { browser })
  ;({ page } = live)
  await page.locator('[data-connection=live]').waitFor()
})
after(async () => {
  for (const step of undo.reverse()) await step()
  await browser.close()
})
beforeEach(async () => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
})

const inTable = () => page.locator('.figures-table .artist-link').allTextContents()
const open = async (path: string): Promise<void> => {
  await page.goto(live.address + path)
  await page.locator('[data-connection=live]').waitFor()
  if (path !== places.overview)
    await page
      .getByText(/^as of /)
      .first()
      .waitFor()
}

test('view, time and filters are in the address: back and forward follow it, and opened anew it shows the same', async () => {
  await open(places.overview)
  await page.getByRole('link', { name: 'Artists' }).click()
  await page.getByRole('link', { name: 'Month' }).click()
  await page.getByRole('link', { name: `Name of ${artists[5]}`, exact: true }).waitFor()
  await page.getByRole('searchbox').fill('ca')
  await until(async () => (await inTable()).length === 2, { what: 'two artists' })
  assert.match(page.url(), /\/artists\?period=month&q=ca$/)
  assert.equal(await page.title(), 'Continuo – Artists')
  const filtered = await inTable()
  await page.reload()
  await until(async () => (await inTable()).join() === filtered.join(), { what: 'the same' })

  await page.getByRole('link', { name: filtered[0]!, exact: true }).click()
  await page.getByRole('heading', { name: filtered[0]! }).waitFor()
  await page.getByRole('link', { name: '31 days' }).click()
  await page.getByText(/^\d+ plays, .* most from /).waitFor()
  const url = page.url()
  await page.goBack()
  await page.goBack()
  await until(async () => (await inTable()).join() === filtered.join(), { what: 'the list again' })
  assert.equal(await page.getByRole('searchbox').inputValue(), 'ca')
  await page.goForward()
  await page.goForward()
  await until(() => page.url() === url, { what: 'forward' })
  await page.getByRole('link', { name: '31 days', exact: true }).and(page.locator('[aria-current]')).waitFor()
})

test('the running hour of listeners moves with the gateway, behind what history has', async () => {
  await open(places.listeners)
  await until(() => Date.now() % HOUR < HOUR - 5_000, { within: 10_000, what: 'an hour that goes on' })
  const readout = page.locator('time-chart .readout')
  await page.getByText(/^[\d,]+ plays, .* most from /).waitFor()
  for (const plays of [5_000, 5_001]) {
    await live.publish({ minutes: [{ start: Math.floor(Date.now() / 60_000) * 60_000, plays }] })
    await until(async () => / so far: 5,\d{3} plays$/.test((await readout.textContent())!), {
      what: 'live plays',
    })
  }
  assert.ok((await page.locator('.heat td[data-level]').count()) > 6)
  assert.match((await page.locator('.heat tbody tr').last().textContent())!, /100/)
})

test('hours tell their listeners to a hundred, days all of them', async () => {
  const start = Math.floor(Date.now() / DAY) * DAY
  const row = { start, plays: 500, msPlayed: 60_000, listeners: 100 }
  for (const [by, text] of [
    ['hour', '100 or more'],
    ['day', '100'],
  ] as const) {
    const json = { from: start, to: start + DAY, k: 10, [`${by}s`]: [row] }
    await page.route(`**/api/plays-by-${by}?*`, (route) => route.fulfill({ json }))
    await open(`/listeners?by=${by}`)
    await page.locator('.as-table summary').click()
    assert.equal(await page.locator('.as-table td').last().textContent(), text)
    await page.unroute(`**/api/plays-by-${by}?*`)
  }
})

test('listeners see their own plays and nobody else’s', async () => {
  await open(places.you)
  await page.getByRole('link', { name: 'Name of only ada' }).waitFor()
  assert.deepEqual(await inTable(), ['Name of only ada'])
  await page.getByText(/^2 plays, 2 min; most from /).waitFor()
  await page.locator('#for-you').getByText('Waiting for your next play…').waitFor()
})

test('listeners see what they have imported, and its years', async () => {
  await open(places.you)
  const imports = page.getByRole('region', { name: 'What you have imported' })
  assert.match((await imports.locator('td').allTextContents()).join('; '), /^2; 2 min; .*2019 – .*2020$/)
  for (const year of ['2020', '2019']) {
    await page.getByRole('link', { name: year, exact: true }).click()
    await page.getByRole('link', { name: `Name of of ${year}` }).waitFor()
    await page.getByText(/^1 play, 1 min; most from /).waitFor()
    const last = await page.locator('time-chart .readout').textContent()
    assert.match(last!, year === '2019' ? /31 Dec 2019: 1 play$/ : /31 Dec 2020: 0 plays$/, 'it is over')
    assert.deepEqual(await inTable(), [`Name of of ${year}`])
  }
  assert.match(page.url(), /\/you\?year=2019$/)
})

test('a token that is not valid is told as such, not as nothing played', async () => {
  const { page: other, close } = await browser.open(`${live.address}/you#token=forged`)
  await other.locator('.fresh.trouble', { hasText: /token.*not (valid|take)|not take this token/ }).waitFor()
  await other.locator('#for-you').getByText('Not connected, so nothing comes in.').waitFor()
  assert.equal(await other.getByText(/nothing in this time|no plays yet/).count(), 0)
  await close()
})

test('who goes on to earlier days does not wait for each', async () => {
  await open('/artists?day=2026-01-05')
  const unanswered = '**/api/top-artists?*'
  await page.route(unanswered, () => undefined)
  for (const day of ['04', '03']) {
    await page.getByRole('link', { name: 'Earlier' }).click()
    await until(() => page.url().endsWith(`day=2026-01-${day}`), { what: `January ${day}` })
    await page.getByText('Loading…').waitFor()
  }
  assert.equal(await page.getByLabel('of the day').inputValue(), '2026-01-03')
  await page.unroute(unanswered)
})

test('what is not there says why, and what to do', async () => {
  await open('/artists?day=2001-01-01')
  await page.getByText('Nothing was played in this time. Choose a longer period or another day.').waitFor()
  await open('/artists?period=month&q=nobody')
  await page.getByText(/^None of these \d+ artists has “nobody” in its name\.$/).waitFor()
  await page.goto(`${live.address}/artist`)
  await page.getByText('This address names no artist.').waitFor()
})

test('everything is reached with the keyboard alone', async () => {
  await open(places.overview)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main')
  await page.getByRole('link', { name: 'Overview' }).focus()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.locator('[data-view=listeners]').waitFor()
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'view-title')
  for (const name of ['By hour', 'By day']) {
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), name)
  }
  const chart = page.getByRole('slider', { name: 'Plays by the hour' })
  await chart.focus()
  const running = await chart.getAttribute('aria-valuetext')
  await page.keyboard.press('ArrowLeft')
  await until(async () => (await chart.getAttribute('aria-valuetext')) !== running, {
    what: 'the hour before',
  })
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.locator('details[open] table').waitFor()
})

test('nothing moves as a view comes, axe finds nothing serious in it, light or dark, and on a phone nothing is wider than the screen', async () => {
  for (const path of addresses) {
    await open(path)
    const shifted = await page.evaluate(layoutShift)
    assert.ok(shifted < 0.05, `${path}: what has come has moved the rest by ${shifted}`)
    await live.publish({ top: topOf('ABC'), totalPlays: 3 })
    await page.evaluate(axe.source)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.locator(`[data-theme=${colorScheme}]`).waitFor()
      assert.deepEqual(await page.evaluate(serious), [], `${path}, ${colorScheme}`)
    }
    await page.setViewportSize({ width: 390, height: 844 })
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, path)
    await page.setViewportSize({ width: 1280, height: 800 })
  }
  assert.deepEqual(live.errors, [])
})

test('a killed gateway and a killed API are told with since when, what was there stays, and both come back', async () => {
  // Views read anew every quarter of a minute, and after a failure sooner.
  await page.clock.install()
  await open('/artists?period=month')
  const before = await inTable()
  assert.ok(before.length > 5)
  await live.stopLive()
  await page.getByText(/^Connection lost at \d\d:\d\d:\d\d/).waitFor()
  await live.stopApi()
  await page.clock.fastForward(15_000)
  const trouble = page.locator('.fresh.trouble')
  await trouble
    .filter({ hasText: /^Not to be had since \S+, this is as of \S+\. .*does not answer/ })
    .waitFor()
  assert.deepEqual(await inTable(), before)
  await Promise.all([live.startApi(), live.startLive()])
  await page.clock.fastForward(5_000)
  await page.locator('[data-connection=live]').waitFor()
  await trouble.waitFor({ state: 'detached' })
})

/** In the page: how much has moved since it was opened, as browsers count it: from 0.1 on readers notice. */
function layoutShift(): Promise<number> {
  return new Promise((resolve) => {
    let sum = 0
    const add = (entries: PerformanceEntryList) => {
      for (const entry of entries) sum += (entry as unknown as { value: number }).value
    }
    const observer = new PerformanceObserver((list) => add(list.getEntries()))
    observer.observe({ type: 'layout-shift', buffered: true })
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        add(observer.takeRecords())
        resolve(sum)
      }),
    )
  })
}
