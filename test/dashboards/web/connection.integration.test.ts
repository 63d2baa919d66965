import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { until } from '../../kit/until.ts'
import { livePage, namesIn, token, topOf } from '../live-page.ts'

let browser: TestBrowser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

/** The browser itself reports each attempt that finds nobody. */
const ownErrors = (errors: string[]) => errors.filter((error) => !error.startsWith('WebSocket connection to'))

test('a lost connection is said, resumes by itself, and what was missed is replayed', async (t) => {
  const { page, publish, startLive, stopLive, errors } = await livePage(t, { browser })
  await page.locator('[data-connection=live]').waitFor()
  await publish({ top: topOf('AB'), totalPlays: 1, receivedAt: [Date.now()] })
  await page.locator('#total', { hasText: '1' }).waitFor()
  for (const place of ['#notice', '.hour', '.models'])
    assert.equal(await page.locator(place).getByRole('status').count(), 1, `${place} can be read out`)

  await stopLive()
  await page.getByText(/^Connection lost at \d\d:\d\d:\d\d\. The figures are from then/).waitFor()
  await page.locator('#connection', { hasText: 'Reconnecting' }).waitFor()
  for (const totalPlays of [2, 3, 4]) await publish({ top: topOf('BA'), totalPlays, receivedAt: [1] })
  assert.deepEqual(await namesIn(page), ['Artist A', 'Artist B'])

  await startLive()
  await page.getByText(/^Resumed after \d+ s: 3 missed updates replayed, none lost\.$/).waitFor()
  await page.locator('#connection', { hasText: 'Live' }).waitFor()
  await page.locator('#total', { hasText: '4' }).waitFor()
  assert.deepEqual(await namesIn(page), ['Artist B', 'Artist A'])
  const waited = await page.evaluate(() => window.continuo!.latency().filter((one) => one.receivedAt === 1))
  assert.deepEqual(waited, [], 'a replayed play waited for the connection, not for the route')
  assert.deepEqual(ownErrors(errors), [])
})

test('what is too old to be recovered is counted and said; the page goes on from now', async (t) => {
  const { page, publish, startLive, stopLive, errors } = await livePage(t, { browser, history: 2 })
  await page.locator('[data-connection=live]').waitFor()
  await publish({ totalPlays: 1 })
  await page.locator('#total', { hasText: '1' }).waitFor()
  await stopLive()
  await page.locator('[data-connection=lost]').waitFor()
  for (const totalPlays of [2, 3, 4, 5, 6]) await publish({ totalPlays })

  await startLive()
  await page.getByText(/^Resumed from now after \d+ s: 5 missed updates not recovered\./).waitFor()
  await publish({ totalPlays: 7 })
  await page.locator('#total', { hasText: '7' }).waitFor()
  assert.deepEqual(ownErrors(errors), [])
})

test('in a new life of the channel nobody can say how many were missed, and that is said', async (t) => {
  const { page, publisher, publish, startLive, stopLive } = await livePage(t, { browser })
  await page.locator('[data-connection=live]').waitFor()
  await publish({ totalPlays: 1 })
  await page.locator('#total', { hasText: '1' }).waitFor()
  await stopLive()
  await page.locator('[data-connection=lost]').waitFor()
  await publisher.newEpoch('second')

  await startLive()
  await page.getByText(/^Resumed from now after \d+ s: updates in between not recovered\./).waitFor()
})

test('a gateway that is away at the start is said, and found when it comes', async (t) => {
  const { page, startLive, stopLive } = await livePage(t, { browser })
  await stopLive()
  await page.reload()
  await page.getByText('The gateway does not answer yet; trying again.').waitFor()
  await startLive()
  await page.locator('[data-connection=live]').waitFor()
  assert.equal(await page.locator('#notice').getAttribute('data-open'), 'false')
})

test('without a token the page says where one comes from, and takes it from the address', async (t) => {
  const { page, address } = await livePage(t, { browser, makesTokens: false })
  await page.getByText(/this dashboard makes no tokens: .*continuo token/).waitFor()
  await page.locator('#connection', { hasText: 'Not connected' }).waitFor()

  await page.goto('about:blank')
  await page.goto(`${address}/#token=${await token(3600)}`)
  await page.locator('[data-connection=live]').waitFor()
  assert.equal(page.url(), `${address}/`, 'the token leaves the address')
  await page.reload()
  await page.locator('[data-connection=live]').waitFor()
})

test('the token leaves the address and is kept before the server has answered', async (t) => {
  const { page, address } = await livePage(t, { browser, makesTokens: false })
  let answers = false
  await page.route('**/api/config', (route) => (answers ? route.continue() : route.abort()))
  await page.goto('about:blank')
  await page.goto(`${address}/#token=${await token(3600)}`)
  assert.equal(page.url(), `${address}/`)
  await page.getByText('No answer yet').waitFor()
  answers = true
  await page.reload()
  await page.locator('[data-connection=live]').waitFor()
})

test('after a refusal the reader can try again', async (t) => {
  const { page } = await livePage(t, { browser, makesTokens: false })
  await page.getByText(/this dashboard makes no tokens/).waitFor()
  const given = { token: await token(3600) }
  await page.route('**/api/token', (route) => route.fulfill({ json: given }))
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.locator('[data-connection=live]').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Try again' }).isVisible(), false)
})

test('what was missed until the reader tried again is replayed, and told as such', async (t) => {
  const closes: (() => Promise<void>)[] = []
  const { page, publish } = await livePage(t, {
    browser,
    prepare: (page) =>
      page.routeWebSocket(/connection/, (near) => {
        near.connectToServer()
        closes.push(() => near.close({ code: 3501, reason: 'bad request' }))
      }),
  })
  await page.locator('[data-connection=live]').waitFor()
  await publish({ totalPlays: 1, receivedAt: [Date.now()] })
  await page.locator('#total', { hasText: '1' }).waitFor()
  await closes.at(-1)!()
  await page.getByText('The gateway closed the connection for good: bad request (3501).').waitFor()
  for (const totalPlays of [2, 3]) await publish({ totalPlays, receivedAt: [1] })

  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText(/^Resumed after \d+ s: 2 missed updates replayed, none lost\.$/).waitFor()
  await page.locator('#total', { hasText: '3' }).waitFor()
  const waited = await page.evaluate(() => window.continuo!.latency().filter((one) => one.receivedAt === 1))
  assert.deepEqual(waited, [])
})

test('a channel that is refused is said, not waited for', async (t) => {
  const denied = JSON.stringify({ id: 2, error: { code: 103, message: 'permission denied' } })
  const { page } = await livePage(t, {
    browser,
    prepare: (page) =>
      page.routeWebSocket(/connection/, (near) => {
        const far = near.connectToServer()
        far.onMessage((frame) => near.send(frame.toString().replace(/\{"id":2,"subscribe".*/, denied)))
      }),
  })
  await page.getByText('The gateway refused the channel: permission denied (103).').waitFor()
})

test('a token that is none is forgotten, and a good one in the address of the open page is taken', async (t) => {
  const { page, address } = await livePage(t, { browser, makesTokens: false, hash: '#token=forged' })
  await page.getByText(/^The gateway does not take this token: open the page with a new one/).waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText(/this dashboard makes no tokens/).waitFor()
  await page.goto(`${address}/#token=${await token(3600)}`)
  await page.locator('[data-connection=live]').waitFor()
  assert.equal(page.url(), `${address}/`)
})

test('a token that has expired is forgotten, and the page says so', async (t) => {
  const { page, address } = await livePage(t, {
    browser,
    makesTokens: false,
    hash: `#token=${await token(-60)}`,
  })
  await page.getByText(/^The token has expired/).waitFor()
  await page.goto(address)
  await page.getByText(/this dashboard makes no tokens/).waitFor()
})

test('a server that cannot make a token yet is asked again', async (t) => {
  let answers = false
  const { page } = await livePage(t, {
    browser,
    prepare: (page) =>
      page.route('**/api/token', (route) =>
        answers
          ? route.continue()
          : route.fulfill({ status: 500, json: { message: 'not yet', remedy: 'wait' } }),
      ),
  })
  await page.getByText(/No token to be had from this page’s server yet/).waitFor()
  answers = true
  await page.locator('[data-connection=live]').waitFor()
})

test('a page whose server is away waits for it', async (t) => {
  let answers = false
  const { page } = await livePage(t, {
    browser,
    prepare: (page) => page.route('**/api/config', (route) => (answers ? route.continue() : route.abort())),
  })
  await page.locator('#connection', { hasText: 'No answer yet' }).waitFor()
  answers = true
  await page.locator('[data-connection=live]').waitFor()
})

test('without history the page is live all the same, and says what is missing until it is there', async (t) => {
  const { page, publish } = await livePage(t, { browser, hasHistory: false })
  await page.locator('[data-connection=live]').waitFor()
  await page.getByText(/The last hour is not to be had, live minutes only\. .*CLICKHOUSE_URL/).waitFor()
  await publish({ totalPlays: 3, minutes: [{ start: Math.floor(Date.now() / 60_000) * 60_000, plays: 3 }] })
  await page.locator('#total', { hasText: '3' }).waitFor()
  await page.locator('#chart[data-plays="3"]').waitFor()

  await page.route('**/api/plays-by-minute?*', (route) => {
    const to = Math.floor(Date.now() / 60_000 + 1) * 60_000
    return route.fulfill({
      json: { from: to - 3_600_000, to, k: 1, minutes: [{ start: to - 300_000, plays: 9 }] },
    })
  })
  await until(async () => (await page.locator('#chart-note').textContent()) === '', { what: 'history' })
  await page.locator('#chart[data-plays="12"]').waitFor()
})
