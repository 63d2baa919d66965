import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { until } from '../../kit/until.ts'
import { forYouPage } from '../for-you-page.ts'
import { recommended, recommendedOf } from '../recommended.ts'

const context = { viewport: { width: 1280, height: 1600 } }
let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

/** What has the focus, as it is read out. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: active } = document
    return active?.ariaLabel ?? (active?.tagName === 'BUTTON' ? active.textContent : active?.id)
  })

test('by keyboard alone each row can be chosen, liked and skipped, and the focus is never lost', async (t) => {
  const { page, recommend, told } = await forYouPage(t, { browser, context })
  await recommend({ items: recommendedOf('ABCD') })
  await page.locator('[data-artist=artist-D]').waitFor()
  await page.locator('#chart').focus()
  const press = async (key: string) => {
    await page.keyboard.press(key)
    return focused(page)
  }
  assert.equal(await press('Tab'), 'Artist A')
  await page.keyboard.press('Enter')
  assert.equal(await press('Tab'), 'Like Artist A')
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
  assert.equal(outline, 'solid', 'the focus is seen')
  await page.keyboard.press('Space')
  assert.equal(await press('Tab'), 'Skip Artist A')
  assert.equal(await press('Space'), 'Skip Artist B', 'the row after the one that goes')

  await recommend({ items: recommendedOf('EDCB') })
  await page.locator('[data-artist=artist-E]').waitFor()
  assert.equal(await focused(page), 'Skip Artist B', 'a row that moves keeps the focus')
  assert.equal(await press('Enter'), 'Skip Artist C', 'the row before, if it was the last')
  await recommend({ items: recommendedOf('ED') })
  await page.locator('#for-you-list[data-rows="2"]').waitFor()
  assert.equal(await focused(page), 'for-you-list', 'the list, if the row is gone')
  assert.equal(await press('Tab'), 'Artist E')
  await until(() => told('reactions').length === 3, { what: 'the reactions' })
  assert.deepEqual(
    told('reactions').map(({ artistId, kind }) => `${String(kind)} ${String(artistId)}`),
    ['like artist-A', 'skip artist-A', 'skip artist-B'],
  )
  assert.equal(told('recommendationsClicked').length, 1)
})

test('a key that is held down skips one artist', async (t) => {
  const { page, recommend } = await forYouPage(t, { browser, context })
  await recommend({ items: recommendedOf('ABCD') })
  await page.getByRole('button', { name: 'Skip Artist A' }).focus()
  for (let i = 0; i < 3; i++) await page.keyboard.down('Enter')
  await page.keyboard.up('Enter')
  assert.equal(await page.locator('#for-you-list').getAttribute('data-rows'), '3')
})

test('who asked for stillness sees who is new, and nothing moves', async (t) => {
  const { page, panel, recommend } = await forYouPage(t, {
    browser,
    context: { ...context, reducedMotion: 'reduce' },
  })
  await recommend({ items: recommendedOf('ABC') })
  await page.locator('[data-artist=artist-C]').waitFor()
  await recommend({ items: recommendedOf('CDA') })
  await page.locator('[data-artist=artist-D][data-new]').waitFor()
  assert.equal(await panel.evaluate((section) => section.getAnimations({ subtree: true }).length), 0)
  const mark = (artist: string) =>
    page.locator(`[data-artist=${artist}]`).evaluate((row) => getComputedStyle(row, '::after').opacity)
  assert.deepEqual([await mark('artist-C'), await mark('artist-D')], ['0', '1'])
})

for (const width of [360, 700, 1280])
  test(`at ${width} px nothing shifts as lists come and rows go`, async (t) => {
    const { page, panel, recommend } = await forYouPage(t, {
      browser,
      context: { viewport: { width, height: 1000 } },
    })
    await page.locator('[data-connection=live]').waitFor()
    await panel.evaluate((section) => section.scrollIntoView())
    const rest = () =>
      page.evaluate(
        () =>
          new Promise((resolve) =>
            requestAnimationFrame(() =>
              requestAnimationFrame(() => resolve(scrollY + document.body.scrollHeight)),
            ),
          ),
      )
    const before = await rest()
    await page.evaluate(() => {
      const shifts: string[] = []
      Object.assign(window, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { sources } = entry as unknown as { sources: { node: Element | null }[] }
          shifts.push(
            sources
              .map(({ node }) => node?.id || node?.className || node?.parentElement?.outerHTML.slice(0, 200))
              .join(),
          )
        }
      }).observe({ type: 'layout-shift' })
    })
    for (const letters of ['A', 'BA', 'CBADEFGHIJ', 'KLA', 'LAKBCDEFGH']) {
      await recommend({ items: recommendedOf(letters), modelVersion: '20261129T025700Z-1a2b3c4d' })
      await page.locator(`#for-you-list[data-rows="${letters.length}"]`).waitFor()
      await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)))
    }
    await page.getByRole('button', { name: 'Skip Artist K' }).click()
    await page.getByRole('button', { name: 'Like Artist A' }).click()
    assert.equal(await rest(), before)
    assert.deepEqual(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts), [])
  })

test('on a phone everything of the longest names is there, and nothing is wider than the screen', async (t) => {
  const { page, panel, recommend } = await forYouPage(t, {
    browser,
    context: { viewport: { width: 320, height: 740 } },
  })
  const long = 'A name that is much longer than any screen of this width could ever show in one line'
  await recommend({
    items: [
      recommended('A', {
        artistName: long,
        reason: 'played',
        becauseArtistId: 'artist-X',
        becauseArtistName: long,
      }),
      ...recommendedOf('BCDEFGHIJ'),
    ],
  })
  await panel.locator('li').nth(9).waitFor()
  assert.deepEqual(await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]), [320, 320])
  for (const name of [long, `Like ${long}`, `Skip ${long}`]) {
    const { x, width, height } = (await panel.getByRole('button', { name, exact: true }).boundingBox())!
    assert.ok(width >= 24 && height >= 24, `${name}: ${width} × ${height}`)
    // What a contained panel lets out of the screen does not make the page wider.
    assert.ok(x >= 0 && x + width <= 320, `${name}: from ${x} to ${x + width}`)
  }
})

test('each theme has its own colours: what is pressed is filled, and can be read', async (t) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, panel, recommend } = await forYouPage(t, {
      browser,
      context: { ...context, colorScheme },
    })
    await recommend({ items: recommendedOf('AB') })
    await panel.getByRole('button', { name: 'Like Artist A' }).click()
    const coloursOf = (name: string) =>
      panel.getByRole('button', { name }).evaluate((button) => {
        const { backgroundColor, color } = getComputedStyle(button)
        return [backgroundColor, color]
      })
    const tokens = await page.evaluate(() =>
      ['accent', 'paper', 'ink'].map((token) => {
        const probe = document.body.appendChild(document.createElement('span'))
        probe.style.color = `var(--${token})`
        const { color } = getComputedStyle(probe)
        probe.remove()
        return color
      }),
    )
    const [accent, paper, ink] = tokens
    assert.deepEqual(await coloursOf('Like Artist A'), [accent, paper])
    assert.deepEqual(await coloursOf('Like Artist B'), ['rgba(0, 0, 0, 0)', ink])
  }
})
