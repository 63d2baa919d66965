import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { livePage, topOf } from '../live-page.ts'

let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

const theme = (page: Page) => page.evaluate(() => document.documentElement.dataset['theme'])
const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
const animationsIn = (page: Page) =>
  page.evaluate(() => document.getAnimations().filter(({ id }) => id === '').length)

test('the theme is the system’s until a reader chooses one by keyboard; the choice stays', async (t) => {
  const { page, errors } = await livePage(t, { browser, context: { colorScheme: 'light' } })
  await page.locator('[data-connection=live]').waitFor()
  assert.equal(await theme(page), 'light')
  const light = await background(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.locator('[data-theme=dark]').waitFor()
  assert.notEqual(await background(page), light)

  await page.getByRole('button', { name: 'Dark theme' }).focus()
  await page.keyboard.press('Enter')
  await page.locator('[data-theme=light]').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Dark theme' }).getAttribute('aria-pressed'), 'false')
  await page.reload()
  await page.locator('[data-connection=live]').waitFor()
  assert.equal(await theme(page), 'light')
  assert.deepEqual(errors, [])
})

test('where nothing may be stored a choice lasts as long as the page', async (t) => {
  const { page, errors } = await livePage(t, {
    browser,
    context: { colorScheme: 'light' },
    prepare: (page) =>
      page.addInitScript(() => {
        const refuse = () => {
          throw new DOMException('no storage here', 'SecurityError')
        }
        Storage.prototype.getItem = refuse
        Storage.prototype.setItem = refuse
      }),
  })
  await page.locator('[data-connection=live]').waitFor()
  await page.getByRole('button', { name: 'Dark theme' }).click()
  await page.locator('[data-theme=dark]').waitFor()
  assert.deepEqual(errors, [])
})

test('the chart is read minute by minute with the arrow keys', async (t) => {
  const minute = Math.floor(Date.now() / 60_000) * 60_000
  // The two oldest minutes of the hour, so that it is whole in the next minute, too.
  const plays = [minute - 59 * 60_000, minute - 58 * 60_000]
  const { page, publish } = await livePage(t, { browser, plays })
  await page.locator('[data-connection=live]').waitFor()
  await publish({ totalPlays: 1 })
  await page.locator('#chart[aria-valuemax="59"]').waitFor()
  const chart = page.getByRole('slider', { name: 'Minute' })
  const value = () => chart.getAttribute('aria-valuenow')
  await chart.focus()
  assert.equal(await value(), '59')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  assert.equal(await value(), '57')
  await page.keyboard.press('ArrowRight')
  assert.equal(await value(), '58')
  await page.keyboard.press('Home')
  assert.equal(await value(), '0')
  assert.match((await chart.getAttribute('aria-valuetext'))!, /^\d\d:\d\d: 1 play$/)
  await page.keyboard.press('Escape')
  assert.match((await chart.getAttribute('aria-valuetext'))!, / so far: |not known/)
  await page.keyboard.press('Tab')
  assert.notEqual(await page.evaluate(() => document.activeElement?.id), 'chart')
})

test('the chart tells the minute under the pointer', async (t) => {
  const minute = Math.floor(Date.now() / 60_000) * 60_000
  const plays = [minute - 59 * 60_000, minute - 58 * 60_000]
  const { page } = await livePage(t, { browser, plays })
  await page.locator('#chart[aria-valuemax="59"]').waitFor()
  const over = (await page.locator('#chart .u-over').boundingBox())!
  await page.mouse.move(over.x + 1, over.y + 20)
  assert.equal(await page.locator('#chart').getAttribute('aria-valuenow'), '0')
  await page.mouse.move(over.x + over.width - 2, over.y + 20)
  assert.equal(await page.locator('#chart').getAttribute('aria-valuenow'), '59')
  await page.mouse.move(1, 1)
  assert.match((await page.locator('#chart-readout').textContent())!, / so far: |not known/)
})

test('before the first play the chart has ten minutes to come, of which the running one can be read', async (t) => {
  const { page } = await livePage(t, { browser })
  await page.getByText('No plays in the last hour.').waitFor()
  const chart = page.locator('#chart')
  assert.equal(await chart.getAttribute('aria-valuemax'), '0')
  const over = (await page.locator('#chart .u-over').boundingBox())!
  await page.mouse.move(over.x + over.width - 2, over.y + 20)
  assert.equal(await chart.getAttribute('aria-valuenow'), '0')
  assert.match((await page.locator('#chart-readout').textContent())!, / so far: 0 plays$/)
})

for (const width of [320, 360])
  test(`on a phone of ${width} px everything is there, and nothing is wider than the screen`, async (t) => {
    const { page, publish, stopLive } = await livePage(t, {
      browser,
      context: { viewport: { width, height: 740 } },
    })
    await page.locator('[data-connection=live]').waitFor()
    const top = topOf('ABCDEFGHIJ', 123_456)
    top[0]!.artistName =
      'A name that is much longer than any screen of this width could ever show in one line'
    await publish({ top, totalPlays: 123_456_789 })
    await page.locator('#total', { hasText: '123,456,789' }).waitFor()
    const widths = () => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    assert.deepEqual(await widths(), [width, width])
    for (const id of ['rate', 'p50', 'p99', 'top', 'chart'])
      assert.ok(await page.locator(`#${id}`).isVisible(), id)
    // The longest label beside the name.
    await stopLive()
    await page.locator('#connection', { hasText: 'Reconnecting' }).waitFor()
    assert.deepEqual(await widths(), [width, width])
  })

test('figures of whatever length stand below each other, and within their row', async (t) => {
  const { page, publish } = await livePage(t, { browser })
  await page.locator('[data-connection=live]').waitFor()
  const plays = [12_345_678, 19_767, 969, 1]
  await publish({ top: topOf('ABCD').map((artist, at) => ({ ...artist, plays: plays[at]! })), totalPlays: 9 })
  await page.locator('#total', { hasText: '9' }).waitFor()
  const ends = await page.locator('#top .plays').evaluateAll((cells) =>
    cells.map((cell) => {
      const [text, row] = [document.createRange(), cell.parentElement!.getBoundingClientRect()]
      text.selectNodeContents(cell)
      return Math.round(row.right - text.getBoundingClientRect().right)
    }),
  )
  assert.deepEqual(ends, [8, 8, 8, 8])
})

test('the chart follows the width of its frame', async (t) => {
  const { page } = await livePage(t, { browser, context: { viewport: { width: 1400, height: 900 } } })
  const gap = () =>
    page.evaluate(() => {
      const frame = document.getElementById('chart')!
      return Math.abs(frame.clientWidth - frame.querySelector('.uplot')!.clientWidth)
    })
  await page.setViewportSize({ width: 500, height: 800 })
  await page.waitForFunction(() => document.querySelector('#chart .uplot')!.clientWidth < 500)
  assert.ok((await gap()) <= 1)
})

test('rows slide, but not for a reader who asked for stillness', async (t) => {
  for (const [reducedMotion, moves] of [
    ['no-preference', true],
    ['reduce', false],
  ] as const) {
    const { page, publish } = await livePage(t, { browser, context: { reducedMotion } })
    await page.locator('[data-connection=live]').waitFor()
    await publish({ top: topOf('AB'), totalPlays: 1 })
    await page.locator('#total', { hasText: '1' }).waitFor()
    await page.evaluate(() => {
      const seen: boolean[] = []
      Object.assign(window, { seen })
      const animate = Element.prototype.animate
      Element.prototype.animate = function (...given) {
        seen.push(true)
        return animate.apply(this, given)
      }
    })
    await publish({ top: topOf('BAC'), totalPlays: 2 })
    await page.locator('#total', { hasText: '2' }).waitFor()
    const seen = await page.evaluate(() => (window as unknown as { seen: boolean[] }).seen.length > 0)
    assert.equal(seen, moves)
    if (!moves) assert.equal(await animationsIn(page), 0)
  }
})
