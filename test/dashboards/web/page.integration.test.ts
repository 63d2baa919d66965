import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { until } from '../../kit/until.ts'
import { livePage, namesIn, topOf } from '../live-page.ts'

const MINUTE = 60_000
let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

test('an artist who overtakes moves up in the document, in its own row, sliding', async (t) => {
  const { page, publish, errors } = await livePage(t, { browser })
  await page.locator('[data-connection=live]').waitFor()
  await page.getByText('Waiting for the first play').waitFor()
  await publish({ top: topOf('ABC'), totalPlays: 297 })
  await page.locator('#total', { hasText: '297' }).waitFor()
  assert.deepEqual(await namesIn(page), ['Artist A', 'Artist B', 'Artist C'])
  assert.equal(await page.getByText('Waiting for the first play').isVisible(), false)
  await page.locator('[data-artist=artist-C]').evaluate((row) => row.classList.add('same-row'))

  await publish({ top: topOf('CABD'), totalPlays: 400 })
  await page.locator('#total', { hasText: '400' }).waitFor()
  assert.deepEqual(await namesIn(page), ['Artist C', 'Artist A', 'Artist B', 'Artist D'])
  const first = page.locator('#top > :first-child')
  assert.match((await first.getAttribute('class')) ?? '', /same-row/)
  assert.equal(await first.locator('.plays').textContent(), '100')
  assert.equal(await first.locator('.time').textContent(), '5.0 h')

  await publish({ top: topOf('D'), totalPlays: 401 })
  await page.locator('#total', { hasText: '401' }).waitFor()
  assert.deepEqual(await namesIn(page), ['Artist D'])
  assert.deepEqual(errors, [])
})

test('nothing on the page shifts as artists come, move and go', async (t) => {
  const minute = Math.floor(Date.now() / MINUTE) * MINUTE
  // So narrow that the chart stands below the list, so high that both are in view.
  const { page, publish } = await livePage(t, {
    browser,
    plays: [minute - 59 * MINUTE, minute - 58 * MINUTE],
    context: { viewport: { width: 700, height: 1600 } },
  })
  await page.locator('[data-connection=live]').waitFor()
  // The second frame begins once the first has been painted, and with it all that had changed.
  const painted = () =>
    page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  // What the label's change to "Live" moves is not of this.
  await painted()
  await page.evaluate(() => {
    const shifts: string[] = []
    const note = (entries: PerformanceEntryList) => {
      for (const entry of entries) {
        const { value, sources } = entry as unknown as {
          value: number
          sources: { node: Element | null }[]
        }
        shifts.push(`${value} ${sources.map(({ node }) => node?.id || node?.className).join()}`)
      }
    }
    const observer = new PerformanceObserver((list) => note(list.getEntries()))
    observer.observe({ type: 'layout-shift' })
    Object.assign(window, {
      shiftsSoFar() {
        note(observer.takeRecords())
        return shifts
      },
    })
  })
  for (const [index, letters] of ['A', 'BA', 'CBADEFGHIJKL', 'KLA', 'LAKBCDEFGH'].entries()) {
    await publish({ top: topOf(letters), totalPlays: index + 1, receivedAt: [Date.now()] })
    await page.locator('#total', { hasText: String(index + 1) }).waitFor()
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)))
  }
  assert.equal((await namesIn(page)).length, 10)
  // The readout's text, too, changes its length, as it does with each new minute.
  for (const key of ['ArrowLeft', 'Escape']) {
    const before = await page.locator('#chart-readout').textContent()
    await page.locator('#chart').press(key)
    await page.locator('#chart-readout', { hasNotText: before! }).waitFor()
    await painted()
  }
  const shifts = await page.evaluate(() => (window as unknown as { shiftsSoFar(): string[] }).shiftsSoFar())
  assert.deepEqual(shifts, [])
})

test('plays per second follow the counter', async (t) => {
  const { page, publish } = await livePage(t, { browser })
  await page.locator('[data-connection=live]').waitFor()
  assert.equal(await page.locator('#rate').textContent(), '–')
  let totalPlays = 0
  const rate = await until(
    async () => {
      await publish({ totalPlays: (totalPlays += 10) })
      return Number((await page.locator('#rate').textContent())!.replace(',', ''))
    },
    { what: 'a rate' },
  )
  assert.ok(rate > 0)
  const isDrawn = () =>
    page.locator('#sparkline canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return data.some((value) => value > 0)
    })
  await until(isDrawn, { what: 'the small line to be drawn' })
})

test('a minute that keys have picked stays picked when the next one begins, until the focus leaves', async (t) => {
  const minute = Math.floor(Date.now() / MINUTE) * MINUTE
  const { page, publish } = await livePage(t, { browser, plays: [minute - 2 * MINUTE, minute - MINUTE] })
  await page.locator('[data-connection=live]').waitFor()
  await page.locator('#chart[data-plays="2"]').waitFor()
  const readout = () => page.locator('#chart-readout').textContent()
  const running = await readout()
  await page.locator('#chart').press('ArrowLeft')
  const picked = await until(async () => (await readout()) !== running && readout(), { what: 'the pick' })
  await page.clock.install({ time: Date.now() + MINUTE })
  await publish({ minutes: [{ start: minute + MINUTE, plays: 3 }] })
  await until(async () => (await page.locator('#chart').getAttribute('aria-valuemax')) === '3', {
    what: 'the next minute',
  })
  assert.equal(await readout(), picked)
  await page.keyboard.press('Tab')
  await until(async () => (await readout()) !== picked, { what: 'the readout to follow the running minute' })
})

test('the chart shows the last hour from ClickHouse, and live minutes extend it', async (t) => {
  const minute = Math.floor(Date.now() / MINUTE) * MINUTE
  const plays = [minute - 1, minute - 2, minute - 50 * MINUTE, minute - 61 * MINUTE]
  const { page, publish, errors } = await livePage(t, { browser, plays })
  await page.locator('#chart[data-plays="3"]').waitFor()
  await page.getByText(/3 plays in the last hour, most at/).waitFor()
  await page.locator('[data-connection=live]').waitFor()

  // What follows looks at the running minute, which must not end meanwhile.
  await until(() => Date.now() % MINUTE < 55_000, { what: 'a minute that has just begun' })
  await publish({ minutes: [{ start: Math.floor(Date.now() / MINUTE) * MINUTE, plays: 40 }] })
  await until(async () => Number(await page.locator('#chart').getAttribute('data-plays')) >= 42, {
    what: 'the chart to take over the live minute',
  })
  assert.match((await page.locator('#chart-readout').textContent())!, / so far: 40 plays$/)
  assert.deepEqual(errors, [])
})

test('the chart is drawn, running minute and hour in colours of the theme', async (t) => {
  const minute = Math.floor(Date.now() / MINUTE) * MINUTE
  const plays = Array.from({ length: 50 }, (_, index) => minute - index * MINUTE - 1)
  const { page } = await livePage(t, { browser, plays })
  await until(async () => Number(await page.locator('#chart').getAttribute('data-plays')) > 45, {
    what: 'history',
  })
  const painted = () =>
    page.locator('#chart canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      const wanted = getComputedStyle(canvas).getPropertyValue('--bar').trim()
      const [red, green, blue] = [1, 3, 5].map((at) => parseInt(wanted.slice(at, at + 2), 16))
      let pixels = 0
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) pixels++
      return pixels
    })
  await until(async () => (await painted()) > 1000, { what: 'bars in the light theme' })
  await page.getByRole('button', { name: 'Dark theme' }).click()
  await until(async () => (await painted()) > 1000, { what: 'bars in the dark theme' })
})

test('the latency shown is that of the plays painted here', async (t) => {
  const { page, publish, errors } = await livePage(t, { browser })
  await page.locator('[data-connection=live]').waitFor()
  const receivedAt = [Date.now() - 2000, Date.now() - 1000]
  await publish({ receivedAt, totalPlays: 2 })
  await page.locator('#latency-note', { hasText: /^2 plays sampled in the last \d+ s/ }).waitFor()

  const samples = await page.evaluate(() => window.continuo!.latency())
  assert.deepEqual(
    samples.map((sample) => sample.receivedAt),
    receivedAt,
  )
  for (const { receivedAt: from, paintedAt, latency } of samples) {
    assert.equal(latency, paintedAt - from)
    assert.ok(paintedAt <= Date.now())
  }
  const [later, earlier] = samples.map(({ latency }) => latency)
  assert.equal(await page.locator('#p50').textContent(), earlier!.toLocaleString('en'))
  assert.equal(await page.locator('#p99').textContent(), later!.toLocaleString('en'))
  assert.deepEqual(errors, [])
})

test('a clock that is off is found out, corrected, and said', async (t) => {
  const ahead = 3_600_000
  const { page, publish } = await livePage(t, {
    browser,
    prepare: (page) =>
      page.route('**/api/time', (route) => route.fulfill({ json: { now: Date.now() + ahead } })),
  })
  await page.locator('[data-connection=live]').waitFor()
  await until(
    async () => {
      await publish({ receivedAt: [Date.now() + ahead] })
      return /clock is 3,\d{3},\d{3} ms behind the server’s: corrected, exact to ± \d+ ms/.test(
        (await page.locator('#latency-note').textContent())!,
      )
    },
    { what: 'the note about the clock' },
  )
  const newest = await page.evaluate(() => window.continuo!.latency().at(-1)!)
  assert.ok(Math.abs(newest.latency) < ahead / 2)
})

test('what arrives while nobody looks counts in the figures, not in the latency', async (t) => {
  const { page, publish } = await livePage(t, { browser })
  await page.locator('[data-connection=live]').waitFor()
  const look = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, hidden)
  await look(true)
  await publish({ totalPlays: 7, receivedAt: [1] })
  await page.locator('#total', { hasText: '7' }).waitFor()
  await look(false)
  await publish({ totalPlays: 8, receivedAt: [Date.now()] })
  await until(() => page.evaluate(() => window.continuo!.latency().length), { what: 'a sample' })
  assert.equal(await page.evaluate(() => window.continuo!.latency().length), 1)
})

test('a page that is seconds old says so, instead of the whole window', async (t) => {
  const { page, publish } = await livePage(t, { browser })
  await page.locator('[data-connection=live]').waitFor()
  assert.equal(await page.locator('#rate-note').textContent(), 'no plays yet')
  let totalPlays = 0
  await until(
    async () => {
      await publish({ totalPlays: (totalPlays += 10), receivedAt: [Date.now()] })
      return /^over the last [1-9] s$/.test((await page.locator('#rate-note').textContent())!)
    },
    { what: 'a rate over less than ten seconds' },
  )
  assert.match((await page.locator('#latency-note').textContent())!, /sampled in the last \d s/)
})

test('a browser that reports a language that is none has the whole page', async (t) => {
  const { page, publish, errors } = await livePage(t, {
    browser,
    prepare: (page) =>
      page.addInitScript(() =>
        Object.defineProperty(Navigator.prototype, 'language', {
          get: () => 'en-US@posix',
          configurable: true,
        }),
      ),
  })
  await until(async () => errors.length > 0 || (await page.locator('[data-connection=live]').count()), {
    what: 'the page to be live, or its script to die',
  })
  assert.deepEqual(errors, [])
  await publish({ totalPlays: 9 })
  await page.locator('#total', { hasText: '9' }).waitFor()
})

test('the figures of the top row stand on one base line', async (t) => {
  const { page, publish } = await livePage(t, {
    browser,
    context: { viewport: { width: 1280, height: 800 } },
  })
  await page.locator('[data-connection=live]').waitFor()
  await publish({ totalPlays: 9, receivedAt: [Date.now()] })
  await page.locator('#total', { hasText: '9' }).waitFor()
  const baselines = await page.evaluate(() =>
    ['rate', 'total', 'p50', 'p99'].map((id) => {
      // An empty inline block stands on the base line of the text before it.
      const probe = document.createElement('span')
      probe.style.display = 'inline-block'
      const figure = document.getElementById(id)!
      figure.append(probe)
      const { bottom } = probe.getBoundingClientRect()
      probe.remove()
      return Math.round(bottom)
    }),
  )
  assert.equal(new Set(baselines).size, 1, baselines.join())
})

test('an update of a shape from the future is left alone', async (t) => {
  const { page, publisher, publish, errors } = await livePage(t, { browser })
  await page.locator('[data-connection=live]').waitFor()
  await publisher.publish({ totalPlays: 'many' })
  await publish({ totalPlays: 5 })
  await page.locator('#total', { hasText: '5' }).waitFor()
  assert.deepEqual(errors, [])
})
