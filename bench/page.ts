import { setTimeout as delay } from 'node:timers/promises'
import type { CDPSession, Page } from 'playwright-core'
import { startBrowser } from '../test/kit/browser.ts'
import { startServices } from '../test/kit/services.ts'
import { viewsPage } from '../test/dashboards/views-page.ts'
import { topOf } from '../test/dashboards/live-page.ts'

/** An hour at 24 times the usual rate, one update a second. */
const UPDATES = 24 * 3_600
const PARTS = 6
/** Sent at once; then the page has to have the last of them on the screen. */
const AT_ONCE = 60
/** Hours of the chart that is drawn. */
const POINTS = 100_000
const HOUR_MS = 3_600_000
const FRAMES_FOR_MS = 10_000
const UPDATE_EVERY_MS = 50

type Live = Awaited<ReturnType<typeof viewsPage>>

/** The page in a real browser: whether an hour of updates and of going through its views makes its heap grow, and how fast it draws. */
export async function benchPage(): Promise<void> {
  const { env, stop } = await startServices({ progress: console.log })
  Object.assign(process.env, env)
  const browser = await startBrowser()
  const undo: (() => unknown)[] = [() => browser.close(), stop]
  try {
    const live = await viewsPage({ after: (step) => void undo.unshift(step as () => unknown) }, { browser })
    await live.page.locator('[data-connection=live]').waitFor()
    console.table(await growth(live))
    console.table(await frames(live))
  } finally {
    for (const step of undo) await step()
  }
}

/** The heap after garbage collection behind each part of the hour, which is sent as fast as the page shows it. */
async function growth(live: Live): Promise<object[]> {
  const devtools = await live.page.context().newCDPSession(live.page)
  const rows = []
  for (let sent = 0, part = 0; part <= PARTS; part++) {
    for (; sent < (UPDATES / PARTS) * part; sent += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => publish(live, sent + index + 1)))
      await shown(live.page, sent + AT_ONCE)
      if (sent % 1_200 === 0) await throughViews(live.page)
    }
    rows.push({ updates: sent, ...(await heapOf(devtools)) })
  }
  return rows
}

const publish = ({ publish: send }: Live, totalPlays: number): Promise<number> =>
  send({
    totalPlays,
    top: topOf(['ABCDEFGHIJ', 'BADCFEHGJI', 'KLMNOPQRST'][totalPlays % 3]!, 1_000),
    minutes: [{ start: Math.floor(Date.now() / 60_000) * 60_000, plays: totalPlays }],
    receivedAt: Array.from({ length: 20 }, () => Date.now()),
  })

const shown = (page: Page, totalPlays: number) =>
  page.waitForFunction(
    (text) => document.getElementById('total')?.textContent === text,
    totalPlays.toLocaleString('en'),
  )

async function throughViews(page: Page): Promise<void> {
  for (const name of ['Artists', 'Listeners', 'You', 'Overview']) {
    await page.getByRole('link', { name, exact: true }).click()
    if (name !== 'Overview')
      await page
        .getByText(/^as of /)
        .first()
        .waitFor()
  }
}

async function heapOf(devtools: CDPSession) {
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  const { nodes, jsEventListeners } = await devtools.send('Memory.getDOMCounters')
  return { 'heap MB': Number((usedSize / 1e6).toFixed(2)), nodes, listeners: jsEventListeners }
}

/** Times from frame to frame while 20 updates a second come in and the pointer moves over the chart: of a week of hours, and of 100,000. */
async function frames(live: Live): Promise<object[]> {
  const { page, address } = live
  const rows = []
  for (const points of [168, POINTS]) {
    await page.route('**/api/plays-by-hour?*', (route) => route.fulfill({ json: hoursOf(points) }))
    await page.goto(`${address}/listeners`)
    await page.locator('[data-connection=live]').waitFor()
    await page.getByText(/ plays, .* most from /).waitFor()
    const times = await frameTimes(live)
    await page.unroute('**/api/plays-by-hour?*')
    const at = (part: number) => Math.round(times[Math.floor(part * (times.length - 1))]!)
    rows.push({
      points,
      frames: times.length,
      'p50 ms': at(0.5),
      'p95 ms': at(0.95),
      'p99 ms': at(0.99),
      'most ms': at(1),
    })
  }
  return rows
}

async function frameTimes(live: Live): Promise<number[]> {
  const { page } = live
  const measured = page.evaluate(
    (forMs) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = []
        const began = performance.now()
        let last = began
        const next = (now: number): void => {
          if (now > last) times.push(now - last)
          last = now
          if (now - began > forMs) resolve(times)
          else requestAnimationFrame(next)
        }
        requestAnimationFrame(next)
      }),
    FRAMES_FOR_MS,
  )
  const box = (await page.locator('time-chart .chart').boundingBox())!
  let isOver = false
  void measured.then(() => (isOver = true))
  for (let step = 0; !isOver; step++) {
    await publish(live, 1_000_000 + step)
    await delay(UPDATE_EVERY_MS)
    await page.mouse.move(box.x + 60 + ((step * 13) % (box.width - 120)), box.y + 50)
  }
  return (await measured).toSorted((a, b) => a - b)
}

function hoursOf(points: number) {
  const to = (Math.floor(Date.now() / HOUR_MS) + 1) * HOUR_MS
  const from = to - points * HOUR_MS
  const hours = Array.from({ length: points }, (_, index) => ({
    start: from + index * HOUR_MS,
    plays: 500 + Math.round(400 * Math.sin(index / 12)) + ((index * 7919) % 97),
    msPlayed: 1e8,
    listeners: 100,
  }))
  return { from, to, k: 1, hours }
}
