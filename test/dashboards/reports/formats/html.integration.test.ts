import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { asHtml } from '../../../../dashboards/reports/formats/html.ts'
import type { Report } from '../../../../dashboards/reports/report.ts'
import { startBrowser } from '../../../kit/browser.ts'
import { hostileNames } from './hostile.ts'

const report: Report = {
  name: 'daily',
  title: hostileNames.join(' '),
  about: 'A day',
  madeAt: '2026-01-31T00:00:00.000Z',
  k: 1,
  figures: [{ name: 'plays', title: 'Plays', unit: 'plays', value: 1_234 }],
  tables: [
    {
      name: 'artists',
      title: 'Artists',
      chart: { kind: 'ranking', label: 'artistName', value: 'plays' },
      columns: [
        { name: 'rank', title: '#', unit: 'text' },
        { name: 'artistName', title: 'Artist', unit: 'text' },
        { name: 'plays', title: 'Plays', unit: 'plays' },
      ],
      // More than a screen shows without a scroll bar of the table's own.
      rows: Array.from({ length: 70 }, (_, index) => ({
        rank: String(index + 1),
        artistName: hostileNames[index % hostileNames.length]!,
        plays: 70 - index,
      })),
    },
    {
      name: 'days',
      title: 'Days',
      chart: { kind: 'line', label: 'day', value: 'plays' },
      columns: [
        { name: 'day', title: 'Day', unit: 'text' },
        { name: 'plays', title: 'Plays', unit: 'plays' },
      ],
      rows: [
        { day: '2026-01-30', plays: 3 },
        { day: '2026-01-31', plays: 4 },
      ],
    },
  ],
}

test('in a browser names stay text and within the page, in light, in dark, on a phone and on paper', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-report-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'report.html')
  await writeFile(file, asHtml(report))
  const browser = await startBrowser()
  t.after(() => browser.close())
  const grounds = []
  for (const [media, colorScheme, width] of [
    ['screen', 'light', 1_100],
    ['screen', 'dark', 390],
    ['print', 'dark', 680],
  ] as const) {
    const asked: string[] = []
    const { page, errors, close } = await browser.open(pathToFileURL(file).href, {
      context: { colorScheme, viewport: { width, height: 800 } },
      prepare: async (opened) => {
        opened.on('request', (request) => asked.push(request.url()))
        opened.on('dialog', (dialog) => asked.push(dialog.message()))
        await opened.emulateMedia({ media, colorScheme })
      },
    })
    assert.deepEqual([asked, errors], [[pathToFileURL(file).href], []])
    const seen = await page.evaluate(() => ({
      ground: getComputedStyle(document.documentElement).backgroundColor,
      wide: document.documentElement.scrollWidth,
      hidden: [...document.querySelectorAll('.long')].filter(
        (each) => each.scrollHeight > each.clientHeight + 1,
      ).length,
      newest: document.querySelector('#days svg')!.getBoundingClientRect().right,
      bar: getComputedStyle(document.querySelector('.chart path[fill="var(--bar)"]')!).fill,
    }))
    assert.ok(seen.wide <= width, `${media} ${width}: ${seen.wide}`)
    assert.ok(seen.newest <= width, `${media} ${width}: a chart over time ends at ${seen.newest}`)
    // On paper all rows are there.
    assert.equal(seen.hidden, media === 'print' ? 0 : 1)
    assert.match(seen.bar, /^rgb/)
    grounds.push(seen.ground)
    await close()
  }
  assert.deepEqual(grounds, ['rgb(255, 253, 248)', 'rgb(20, 19, 16)', 'rgb(255, 255, 255)'])
})
