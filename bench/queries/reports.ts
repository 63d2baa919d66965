import type { ClickHouseClient } from '@clickhouse/client'
import { artistReport } from '../../dashboards/reports/artist.ts'
import { dailyReport } from '../../dashboards/reports/daily.ts'
import { asHtml } from '../../dashboards/reports/formats/html.ts'
import { listenerReport } from '../../dashboards/reports/listener.ts'
import type { Report } from '../../dashboards/reports/report.ts'
import { retentionReport } from '../../dashboards/reports/retention.ts'
import { DAY } from '../../dashboards/server/endpoints/spans.ts'
import { DAYS, START, rowsOf } from './fill.ts'
import { onMadePlays } from './on-made-plays.ts'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 10)

/** Reports of so many made plays of 90 days, from the question to the HTML, and what of it is the HTML. */
export const benchReports = (rows: number): Promise<void> =>
  onMadePlays(rows, async (client) => {
    for (const [what, ask] of Object.entries(await reports(client)))
      console.table([await measured(what, ask)])
  })

/** On the day behind the last play: of the artist and the listener with the most plays. */
async function reports(client: ClickHouseClient): Promise<Record<string, () => Promise<Report>>> {
  const source = { client, k: 10, now: START + DAYS * DAY + 1 }
  const [most] = await rowsOf<{ artist: string; listener: string }>(
    client,
    'SELECT topK(1)(artist_id)[1] AS artist, topK(1)(listener)[1] AS listener FROM plays',
  )
  return {
    daily: () => dailyReport(source),
    'artist, 30 days': () => artistReport(source, most!.artist),
    'listener, a year': () => listenerReport(source, most!.listener, 2026),
    'retention, 13 weeks': () => retentionReport(source, 13),
  }
}

async function measured(what: string, ask: () => Promise<Report>) {
  asHtml(await ask())
  const [all, drawing]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now()
    const report = await ask()
    const asked = performance.now()
    asHtml(report)
    all.push(performance.now() - began)
    drawing.push(performance.now() - asked)
  }
  const at = (times: readonly number[], share: number) =>
    Math.round(times.toSorted((a, b) => a - b)[Math.floor(share * times.length)]!)
  return { what, 'p50 ms': at(all, 0.5), 'p95 ms': at(all, 0.95), 'of it HTML, p50 ms': at(drawing, 0.5) }
}
