import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { livePage } from '../live-page.ts'

let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

const older = '20261122T024534Z-0a1b2c3d'
const newer = '20261129T024534Z-4e5f6a7b'

const cellsOf = (page: Page) =>
  page
    .locator('#models tr')
    .evaluateAll((rows) => rows.map((row) => Array.from(row.children, ({ textContent }) => textContent)))

/** Answers the page's question about models, with whatever `answer` gives. */
const answering = (answer: () => object | undefined) => (page: Page) =>
  page.route('**/api/click-through', (route) => {
    const json = answer()
    return json === undefined
      ? route.fulfill({ status: 503, json: { message: 'ClickHouse is away', remedy: 'start it' } })
      : route.fulfill({ json })
  })

test('click-through by model is a table, the newest version first', async (t) => {
  const now = Date.now()
  const lists = (version: string, many: number) =>
    Array.from({ length: many }, (_, i) => ({ list: `r${i}`, version, at: now }))
  const { page, errors } = await livePage(t, {
    browser,
    shown: [...lists(older, 3), ...lists(newer, 8)],
    clicked: [...lists(older, 1), ...lists(older, 1), ...lists(newer, 1)],
  })
  await page.locator('#models tr').first().waitFor()
  assert.deepEqual(await cellsOf(page), [
    [newer, '8', '1', '12.5%'],
    [older, '3', '2', '33.3%'],
  ])
  const table = page.getByRole('table', { name: 'Recommendations by model' })
  assert.deepEqual(await table.getByRole('columnheader').allTextContents(), [
    'Version',
    'Lists shown',
    'Clicks',
    'Click-through',
  ])
  assert.equal(await table.getByRole('rowheader', { name: newer }).count(), 1)
  assert.equal(await page.locator('#models-empty').isVisible(), false)
  assert.deepEqual(errors, [])
})

test('before anything was shown the panel says so', async (t) => {
  const { page } = await livePage(t, { browser })
  await page.getByText('No list was on a screen yet.').waitFor()
  assert.deepEqual(await cellsOf(page), [])
})

test('the figures are read again after half a minute, sooner after a failure, and stay meanwhile', async (t) => {
  const version = (clicks: number) => ({
    modelVersion: newer,
    listsShown: 1_000,
    artistsShown: 9_000,
    clicks,
    clickThrough: clicks / 1_000,
  })
  // The page's clock goes on by itself, too: what comes much later was not due.
  const soon = { timeout: 3_000 }
  let asked = 0
  let answer: object | undefined = { k: 1, versions: [version(1)] }
  const { page } = await livePage(t, {
    browser,
    prepare: async (page) => {
      await page.clock.install()
      await answering(() => {
        asked++
        return answer
      })(page)
    },
  })
  await page.locator('#models', { hasText: '0.1%' }).waitFor()

  answer = undefined
  await page.clock.fastForward(29_000)
  // A question behind which one about models would have come.
  await page.evaluate(() => fetch('/api/time'))
  assert.equal(asked, 1)
  await page.clock.fastForward(1_500)
  await page.getByText('Click-through is not to be had. ClickHouse is away: start it').waitFor(soon)
  assert.deepEqual(await cellsOf(page), [[newer, '1,000', '1', '0.1%']])

  answer = { k: 1, versions: [version(20)] }
  await page.clock.fastForward(5_500)
  await page.locator('#models', { hasText: '2.0%' }).waitFor(soon)
  assert.equal(await page.locator('#models-note').textContent(), '')
  assert.deepEqual(await cellsOf(page), [[newer, '1,000', '20', '2.0%']])
})

test('clicks of a few are not shown, and a title says why', async (t) => {
  const figures = { listsShown: 100, artistsShown: 900, clicks: null, clickThrough: null }
  const { page } = await livePage(t, {
    browser,
    prepare: answering(() => ({ k: 10, versions: [{ modelVersion: newer, ...figures }] })),
  })
  await page.locator('#models tr').first().waitFor()
  assert.deepEqual(await cellsOf(page), [[newer, '100', '–', '–']])
  assert.equal(await page.getByTitle('Fewer than 10 listeners have clicked').count(), 2)
})

test('a version that is text from elsewhere is text', async (t) => {
  const modelVersion = '<img src=x onerror="document.title=1">'
  const figures = { listsShown: 1, artistsShown: 1, clicks: 0, clickThrough: 0 }
  const { page } = await livePage(t, {
    browser,
    prepare: answering(() => ({ k: 1, versions: [{ modelVersion, ...figures }] })),
  })
  await page.locator('#models th', { hasText: modelVersion }).waitFor()
  assert.equal(await page.locator('#models img').count(), 0)
})

for (const width of [320, 360])
  test(`on a phone of ${width} px each figure can be read whole`, async (t) => {
    const figures = { listsShown: 1_234_567, artistsShown: 12_345_670, clicks: 123_456, clickThrough: 1 }
    const versions = [newer, older, 'm'.repeat(40)].map((modelVersion) => ({ modelVersion, ...figures }))
    const { page } = await livePage(t, {
      browser,
      context: { viewport: { width, height: 740 } },
      prepare: answering(() => ({ versions })),
    })
    await page.locator('#models tr').first().waitFor()
    const beyond = await page.evaluate(() => {
      const cells = Array.from(document.querySelectorAll('.versions th, .versions td'))
      const outside = cells.filter((cell) => {
        const { left, right } = cell.getBoundingClientRect()
        return left < 0 || right > innerWidth || cell.scrollWidth > cell.clientWidth
      })
      return outside.map(({ textContent }) => textContent)
    })
    assert.deepEqual(beyond, [])
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width)
  })

test('nothing on the page moves when versions come', async (t) => {
  const figures = { listsShown: 10, artistsShown: 100, clicks: 1, clickThrough: 0.1 }
  const versions = [newer, older].map((modelVersion) => ({ modelVersion, ...figures }))
  const held = Promise.withResolvers<undefined>()
  // So high that the chart has what the panels leave it.
  const { page } = await livePage(t, {
    browser,
    context: { viewport: { width: 1400, height: 1800 } },
    prepare: (page) =>
      page.route('**/api/click-through', async (route) => {
        await held.promise
        await route.fulfill({ json: { versions } })
      }),
  })
  const boxes = () =>
    page.evaluate(() =>
      Array.from(document.querySelectorAll('main > *'), (part) => {
        const { top, height } = part.getBoundingClientRect()
        return [top, height]
      }),
    )
  await page.getByText('Loading the last 7 days…').waitFor()
  await page.locator('[data-connection=live]').waitFor()
  const before = await boxes()
  held.resolve(undefined)
  await page.locator('#models tr').first().waitFor()
  assert.deepEqual(await boxes(), before)
})
