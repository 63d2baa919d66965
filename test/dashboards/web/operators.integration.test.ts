import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import type { StageHealth } from '../../../dashboards/server/endpoints/pipeline.ts'
import { places } from '../../../dashboards/web/model/places.ts'
import { type TestBrowser, startBrowser } from '../../kit/browser.ts'
import { until } from '../../kit/until.ts'
import { livePage, token } from '../live-page.ts'
import { serious } from '../serious.ts'

const MINUTE = 60_000
const now = Date.now()

const healthy: StageHealth = {
  stage: 'anonymise',
  kind: 'topology',
  topology: 'anonymise',
  version: 1,
  state: 'running',
  processes: 2,
  tasks: 6,
  lagRecords: 1204,
  lagMs: 420,
  inPerSecond: 8.44,
  outPerSecond: 8.1,
  inLastHour: 60,
  streamTime: now,
  committedAt: now,
  restored: null,
}
const stopped: StageHealth = {
  ...healthy,
  stage: 'clickhouse-sink',
  kind: 'sink',
  topology: null,
  state: 'stopped',
  lagMs: 3 * MINUTE,
  outPerSecond: null,
  committedAt: null,
}
const letters = Array.from({ length: 6 }, (_, index) => ({
  id: `anonymise:plays:0:${index}`,
  stage: 'anonymise',
  at: now - index * MINUTE,
  reason: index < 5 ? 'unknown_country' : 'decode_failed',
  summary: '<b>no</b> such country',
}))
const other = { ...letters[0]!, id: 'push:n:0:1', stage: 'push', reason: 'gone' }

let browser: TestBrowser
let live: Awaited<ReturnType<typeof livePage>>
let page: Page
let stages: StageHealth[] | 'away' = []
const undo: (() => unknown)[] = []

before(async () => {
  browser = await startBrowser()
  live = await livePage(
    { after: (step) => void undo.push(step as () => unknown) },
    {
      browser,
      makesTokens: false,
      letters: [...letters, other],
      hash: `#token=${await token(3600, 'op', 'operator')}`,
      readStages: () => (stages === 'away' ? Promise.reject(new Error('away')) : Promise.resolve(stages)),
    },
  )
  ;({ page } = live)
})
after(async () => {
  for (const step of undo.reverse()) await step()
  await browser.close()
})

const rowOf = (name: string) =>
  page
    .locator('.figures-table tbody tr', { has: page.locator('th', { hasText: name }) })
    .locator('td')
    .allInnerTexts()

test('each stage is told, what to do about one that has stopped, and as that changes, so does the page', async () => {
  stages = [healthy, stopped]
  await page.goto(live.address + places.pipeline)
  await until(async () => (await rowOf('anonymise')).length > 0, { what: 'a stage' })
  const [state, lag, waits, into, out, committed, processes, aside] = await rowOf('anonymise')
  assert.deepEqual(
    [state?.trim(), lag, waits, into, out, processes, aside],
    ['Running', '1,204', '420 ms', '8.4', '8.1', '2 for 6 tasks', '6 (10.0%)'],
  )
  assert.match(committed!, /^just now$| ago$/)
  assert.deepEqual((await rowOf('clickhouse-sink')).slice(0, 5), ['Stopped', '1,204', '3 min', '8.4', '–'])
  await page.locator('.remedies', { hasText: 'clickhouse-sink has stopped by itself' }).waitFor()
  await page.getByText('No play has come to ClickHouse in the last five minutes.').waitFor()

  stages = [{ ...healthy, state: 'restoring', restored: 0.25 }]
  await page.getByText('Restoring, 25.0%').waitFor()
  assert.equal(await page.locator('.remedies li').count(), 0)
  stages = 'away'
  await page.getByText('Kafka does not answer, so nobody knows how the stages are.').waitFor()
  stages = []
  await page.getByText(/^There is no stage here/).waitFor()
})

test('dead letters are told by reason and hour, those of a stage alone at an address of its own', async () => {
  stages = [healthy]
  await page.goto(live.address + places.pipeline)
  await page.getByRole('link', { name: '6', exact: true }).click()
  await page.waitForURL(/\/dead-letters\?stage=anonymise$/)
  await page.getByText(/^6 letters, for 2 reasons\./).waitFor()
  assert.deepEqual((await rowOf('unknown_country')).slice(0, 4), ['5', '5', 'anonymise', 'step'])
  assert.equal(await page.getByText('<b>no</b> such country').count(), 6)
  assert.match((await page.locator('time-chart .readout').textContent())!, /so far: \d letters?$/)

  await page.getByRole('link', { name: 'All stages' }).click()
  await page.getByText(/^7 letters, for 3 reasons\./).waitFor()
  await page.getByRole('link', { name: 'push', exact: true }).click()
  await page.getByText(/^1 letter, for 1 reason\./).waitFor()
  await page.goto(`${live.address}${places.letters}?stage=none`)
  await page.getByText(/^This stage has set nothing aside/).waitFor()
})

test('somebody else is told that these views are for operators', async () => {
  for (const path of [places.pipeline, places.letters]) {
    const hash = `#token=${await token(3600, 'ada')}`
    const { page: others, close } = await browser.open(`${live.address}${path}${hash}`)
    await others.locator('.fresh.trouble', { hasText: /this is for operators: .*--role operator/ }).waitFor()
    assert.equal(await others.getByText('Loading…').count(), 0)
    assert.equal(await others.locator('.figures-table').count(), 0)
    await close()
  }
})

test('axe finds nothing serious in them, light or dark, and they are not wider than a phone', async () => {
  stages = [healthy, stopped, { ...healthy, stage: 'push', kind: 'push', state: 'catching_up' }]
  for (const path of [places.pipeline, places.letters]) {
    await page.goto(live.address + path)
    await page.locator('.figures-table').first().waitFor()
    await page.evaluate(axe.source)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.locator(`[data-theme=${colorScheme}]`).waitFor()
      assert.deepEqual(await page.evaluate(serious), [], `${path}, ${colorScheme}`)
    }
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 844 })
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, path)
    }
    await page.setViewportSize({ width: 1280, height: 800 })
  }
  assert.deepEqual(live.errors, [])
})

test('when the server does not answer, what was there stays, with since when it is not to be had', async () => {
  stages = [healthy]
  await page.clock.install()
  await page.goto(live.address + places.pipeline)
  await page.getByText('Running').waitFor()
  await live.stopApi()
  await page.clock.fastForward(4_000)
  const trouble = page.locator('.fresh.trouble')
  await trouble.filter({ hasText: /^Not to be had since \S+, this is as of/ }).waitFor()
  assert.equal(await page.getByText('Running').count(), 1)
  await live.startApi()
  await page.clock.fastForward(6_000)
  await trouble.waitFor({ state: 'detached' })
})
