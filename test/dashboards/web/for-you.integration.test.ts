import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Locator } from 'playwright-core'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { until } from '../../kit/until.ts'
import { forYouPage } from '../for-you-page.ts'
import { listenerOf } from '../live-page.ts'
import { recommended, recommendedOf } from '../recommended.ts'

/** So high that the whole page is in view. */
const context = { viewport: { width: 1280, height: 1600 } }
let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

const artists = async (panel: Locator) =>
  (await panel.locator('.artist').allTextContents()).map((name) => name.slice(-1)).join('')
const showing = (panel: Locator, letters: string) =>
  until(async () => (await artists(panel)) === letters, { what: `the list ${letters}` })

test('a list that was there before the page appears with it, each artist with the reason', async (t) => {
  const { panel, page, recommend, errors } = await forYouPage(t, { browser, context })
  await panel.getByText('Waiting for your next play…').waitFor()
  const because = { becauseArtistId: 'artist-X', becauseArtistName: 'Artist X' }
  await recommend({
    modelVersion: '20261129T025700Z-1a2b3c4d',
    items: [
      recommended('A', { reason: 'played', ...because }),
      recommended('B', { reason: 'liked', ...because }),
      recommended('C', { reason: 'played', becauseArtistId: 'artist-Z', becauseArtistName: null }),
      recommended('D'),
    ],
  })
  await showing(panel, 'ABCD')
  await page.reload()
  await showing(panel, 'ABCD')
  assert.deepEqual(await panel.locator('.reason').allTextContents(), [
    'because you played Artist X',
    'because you liked Artist X',
    'because you played something like them',
    'popular where you are',
  ])
  assert.equal(await panel.getByText('Waiting for your next play…').isVisible(), false)
  await panel.getByText(/^(just now|\d s ago)$/).waitFor()
  const version = panel.getByText('by model 20261129…1a2b3c4d,')
  assert.equal(await version.getAttribute('title'), '20261129T025700Z-1a2b3c4d')
  assert.deepEqual(errors, [])
})

test('a new list takes the place of the old one: rows move, who is new is marked for a moment', async (t) => {
  const { panel, recommend, errors } = await forYouPage(t, { browser, context })
  await recommend({ items: recommendedOf('ABC') })
  await showing(panel, 'ABC')
  assert.equal(await panel.locator('[data-new]').count(), 0)
  await panel.locator('[data-artist=artist-C]').evaluate((row) => row.classList.add('same-row'))

  await recommend({ items: recommendedOf('CDA') })
  await showing(panel, 'CDA')
  assert.match((await panel.locator('li').first().getAttribute('class'))!, /same-row/)
  const marked = panel.locator('[data-new]')
  assert.deepEqual(await marked.locator('.artist').allTextContents(), ['Artist D'])
  await until(async () => (await marked.count()) === 0, { what: 'the mark to go' })
  assert.deepEqual(errors, [])
})

test('like and skip are sent for the user of the token, hold at once and in lists that come later', async (t) => {
  const { panel, page, recommend, told, errors } = await forYouPage(t, { browser, context })
  await recommend({ items: recommendedOf('ABCD') })
  const like = panel.getByRole('button', { name: 'Like Artist B' })
  await like.click()
  assert.equal(await like.getAttribute('aria-pressed'), 'true')
  await panel.getByRole('button', { name: 'Skip Artist A' }).click()
  assert.equal(await artists(panel), 'BCD')
  const said = { userId: 'ada', trackId: null, source: 'app', sessionId: null, comment: null }
  await until(() => told('reactions').length === 2, { what: 'both reactions' })
  assert.deepEqual(told('reactions'), [
    { ...said, artistId: 'artist-B', kind: 'like' },
    { ...said, artistId: 'artist-A', kind: 'skip' },
  ])

  await recommend({ items: recommendedOf('EABC') })
  await showing(panel, 'EBC')
  assert.equal(await like.getAttribute('aria-pressed'), 'true')
  await like.click()
  await until(() => told('reactions').length === 3, { what: 'the third reaction' })
  assert.deepEqual(told('reactions')[2], { ...said, artistId: 'artist-B', kind: 'unlike' })
  assert.equal(await like.getAttribute('aria-pressed'), 'false')
  assert.equal(await page.locator('#notice').getAttribute('data-open'), 'false')
  assert.deepEqual(errors, [])
})

test('what the gateway has taken of likes and skips holds after a reload', async (t) => {
  const { panel, page, recommend } = await forYouPage(t, { browser, context })
  await recommend({ items: recommendedOf('ABC') })
  const like = panel.getByRole('button', { name: 'Like Artist B' })
  await like.click()
  await panel.getByRole('button', { name: 'Skip Artist A' }).click()
  await until(
    async () => (await page.evaluate(() => Object.values(sessionStorage).join())).includes('skip'),
    {
      what: 'the answer of the gateway',
    },
  )
  await page.reload()
  await showing(panel, 'BC')
  assert.equal(await like.getAttribute('aria-pressed'), 'true')
})

test('a double click skips one artist, not also the one who slides under the pointer', async (t) => {
  const { panel, recommend, told } = await forYouPage(t, {
    browser,
    context: { ...context, reducedMotion: 'reduce' },
  })
  await recommend({ items: recommendedOf('ABC') })
  await panel.getByRole('button', { name: 'Skip Artist A' }).dblclick()
  await panel.getByRole('button', { name: 'Like Artist C' }).click()
  await until(() => told('reactions').length >= 2, { what: 'the reactions' })
  assert.deepEqual(
    told('reactions').map(({ kind }) => kind),
    ['skip', 'like'],
  )
  assert.equal(await artists(panel), 'BC')
})

test('a list is told as shown once, when it has been in view for a second on a page in front', async (t) => {
  // So low that the panel is below the window.
  const { panel, page, recommend, told } = await forYouPage(t, {
    browser,
    context: { viewport: { width: 1280, height: 500 } },
  })
  const look = (visibility: 'visible' | 'hidden') =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, visibility)
  const first = await recommend({ items: recommendedOf('AB') })
  await showing(panel, 'AB')
  await page.waitForTimeout(1_300)
  assert.deepEqual(told('recommendationsShown'), [], 'below the window')
  await look('hidden')
  await panel.evaluate((section) => section.scrollIntoView())
  await page.waitForTimeout(1_300)
  assert.deepEqual(told('recommendationsShown'), [], 'on a page behind others')

  await look('visible')
  await until(() => told('recommendationsShown').length === 1, { what: 'the first list to be told' })
  await look('hidden')
  await look('visible')
  await page.waitForTimeout(1_300)
  const second = await recommend({ items: recommendedOf('BCA'), modelVersion: 'v2' })
  await until(() => told('recommendationsShown').length === 2, { what: 'the second list to be told' })
  const onPage = { listener: listenerOf('ada'), surface: 'page' }
  assert.deepEqual(told('recommendationsShown'), [
    { ...onPage, recommendationId: first, modelVersion: 'v1', artistIds: ['artist-A', 'artist-B'] },
    {
      ...onPage,
      recommendationId: second,
      modelVersion: 'v2',
      artistIds: ['artist-B', 'artist-C', 'artist-A'],
    },
  ])
})

test('who is chosen is told with their rank in the list, once', async (t) => {
  const { panel, recommend, told } = await forYouPage(t, { browser, context })
  const recommendationId = await recommend({ items: recommendedOf('ABC') })
  const name = panel.getByRole('button', { name: 'Artist C', exact: true })
  await panel.getByRole('button', { name: 'Skip Artist A' }).click()
  await name.click()
  await name.click()
  await panel.getByRole('button', { name: 'Artist B', exact: true }).click()
  await until(() => told('recommendationsClicked').length >= 2, { what: 'the clicks' })
  const chosen = { listener: listenerOf('ada'), recommendationId, modelVersion: 'v1', surface: 'page' }
  assert.deepEqual(told('recommendationsClicked'), [
    { ...chosen, artistId: 'artist-C', rank: 3 },
    { ...chosen, artistId: 'artist-B', rank: 2 },
  ])
})

test('what Kafka does not take is taken back and said; feedback that is lost is not', async (t) => {
  const { panel, page, recommend, told, kafkaIsAway, errors } = await forYouPage(t, { browser, context })
  await recommend({ items: recommendedOf('ABC') })
  kafkaIsAway(true)
  await panel.getByRole('button', { name: 'Artist B', exact: true }).click()
  // Long enough for the list to be told as shown.
  await page.waitForTimeout(1_300)
  assert.equal(await page.locator('#notice').getAttribute('data-open'), 'false')

  const later = 'that is not possible right now. Try again in a moment.'
  const like = panel.getByRole('button', { name: 'Like Artist B' })
  await like.click()
  await page.getByText(`Your like of Artist B was not kept: ${later}`).waitFor()
  assert.equal(await like.getAttribute('aria-pressed'), 'false')
  await panel.getByRole('button', { name: 'Skip Artist A' }).click()
  await page.getByText(`Artist A was not skipped: ${later}`).waitFor()
  assert.equal(await artists(panel), 'ABC')
  assert.equal(
    await page
      .locator('#connection')
      .textContent()
      .then((text) => text?.trim()),
    'Live',
  )

  kafkaIsAway(false)
  await like.click()
  await until(() => told('reactions').length === 1, { what: 'the like' })
  assert.equal(await like.getAttribute('aria-pressed'), 'true')
  assert.deepEqual(errors, [])
})

test('what the gateway refuses is taken back, and said in its words', async (t) => {
  const { panel, page, recommend } = await forYouPage(t, { browser, context })
  await recommend({ items: [recommended('A', { artistId: 'a'.repeat(600) })] })
  const like = panel.getByRole('button', { name: 'Like Artist A' })
  await like.click()
  await page
    .getByText('Your like of Artist A was not kept: the gateway refused it (bad request, 107).')
    .waitFor()
  assert.equal(await like.getAttribute('aria-pressed'), 'false')
})

test('what finds no gateway is taken back and said, and then the lost connection is said again', async (t) => {
  const { panel, page, recommend, stopLive } = await forYouPage(t, {
    browser,
    context,
    prepare: (page) => page.clock.install(),
  })
  await recommend({ items: recommendedOf('AB') })
  await showing(panel, 'AB')
  await stopLive()
  const lost = page.getByText(/^Connection lost at/)
  await lost.waitFor()
  const like = panel.getByRole('button', { name: 'Like Artist A' })
  await like.click()
  assert.equal(await like.getAttribute('aria-pressed'), 'true')
  await page.clock.fastForward(5_000)
  await page.getByText('Your like of Artist A was not kept: the gateway did not answer. Try again.').waitFor()
  assert.equal(await like.getAttribute('aria-pressed'), 'false')
  assert.equal(await lost.count(), 0)
  await page.clock.fastForward(12_000)
  await lost.waitFor()
})

test('trouble with the channel stays with it: the public panels and the lamp do not notice', async (t) => {
  const denied = JSON.stringify({ id: 3, error: { code: 103, message: 'permission denied' } })
  const { panel, page, publish, errors } = await forYouPage(t, {
    browser,
    context,
    prepare: (page) =>
      page.routeWebSocket(/connection/, (near) => {
        const far = near.connectToServer()
        far.onMessage((frame) => near.send(frame.toString().replace(/\{"id":3,"subscribe".*/, denied)))
      }),
  })
  await page.locator('[data-connection=live]').waitFor()
  await publish({ totalPlays: 7 })
  await page.locator('#total', { hasText: '7' }).waitFor()
  await panel.getByText('Waiting for your next play…').waitFor()
  assert.equal(await page.locator('#notice').getAttribute('data-open'), 'false')
  assert.equal(await page.locator('html').getAttribute('data-connection'), 'live')
  assert.deepEqual(errors, [])
})

test('a list of a shape from the future is left alone, and the next one is shown', async (t) => {
  const { panel, recommend, publishAnything, errors } = await forYouPage(t, { browser, context })
  await recommend({ items: recommendedOf('AB') })
  await showing(panel, 'AB')
  await publishAnything({ lists: 'many' })
  await recommend({ items: recommendedOf('BC') })
  await showing(panel, 'BC')
  assert.deepEqual(errors, [])
})

test('with the development token of the page’s server it is the list of whom that names', async (t) => {
  const options = { browser, context, makesTokens: true, hash: '' }
  const { panel, recommend } = await forYouPage(t, { ...options, user: 'reader' })
  await recommend({ items: recommendedOf('AB') })
  await showing(panel, 'AB')

  const other = await forYouPage(t, { ...options, user: 'ada' })
  await other.recommend({ items: recommendedOf('AB') })
  await other.page.locator('[data-connection=live]').waitFor()
  await other.publish({ totalPlays: 7 })
  await other.page.locator('#total', { hasText: '7' }).waitFor()
  assert.equal(await artists(other.panel), '')
})
