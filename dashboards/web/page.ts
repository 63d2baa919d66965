import type { TopArtistsUpdate } from '../../schemas/channels.ts'
import { followClickThrough } from './click-through.ts'
import { startForYou } from './for-you.ts'
import { followHistory } from './history.ts'
import { followLive } from './live.ts'
import { measureLatency } from './measure-latency.ts'
import { correction } from './model/clock.ts'
import { minuteSeries } from './model/minute-series.ts'
import { slidingRate } from './model/rate.ts'
import { startPushes } from './push/pushes.ts'
import { repaintOnce } from './repaint.ts'
import { followServerTime } from './time-sync.ts'
import { figures } from './views/figures.ts'
import { element } from './views/element.ts'
import { minutePicker } from './views/minute-picker.ts'
import { modelTable } from './views/model-table.ts'
import { status } from './views/status.ts'
import { topList } from './views/top-list.ts'

/** How often the figures that are means and quantiles change: oftener cannot be read. */
const FIGURES_EVERY_MS = 500

/** What the server tells the page. */
export interface PageConfig {
  gatewayUrl: string
  /** What browsers subscribe to pushes with; empty: there are none. */
  vapidPublicKey: string
}

/** Puts sources, models and views together. */
export function startPage({ gatewayUrl, vapidPublicKey }: PageConfig) {
  const time = followServerTime()
  const latency = measureLatency(time.now)
  const rate = slidingRate()
  const series = minuteSeries()
  const shown = { figures: figures(), top: topList(element('top', HTMLOListElement)), chart: minutePicker() }

  let [connected, k] = [false, 1]
  let newest: { update: TopArtistsUpdate; at: number } | undefined
  const repaint = repaintOnce(() => {
    if (newest) {
      shown.top(newest.update)
      shown.figures.total(newest.update.totalPlays, newest.update.k)
    }
    return latency.drawn()
  })
  const drawChart = (): void => shown.chart.show(series.until(time.now()), k)
  const drawFigures = (): void => {
    if (!connected) return
    const now = Date.now()
    shown.figures.rate(rate.perSecond(now), rate.overMs(now), newest?.at, now)
    shown.figures.latency(latency.summary(), time.clock(), correction(time.clock()) !== 0)
  }

  const lamp = status(() => live.retry())
  const history = followHistory({
    loaded(read) {
      ;({ k } = read)
      series.load(read)
      shown.chart.note('')
      drawChart()
    },
    failed: (reason) => shown.chart.note(`The last hour is not to be had, live minutes only. ${reason}`),
  })
  const live = followLive(gatewayUrl, {
    connection(connection) {
      connected = connection.kind === 'live'
      lamp.connection(connection)
    },
    resumed(resumption) {
      lamp.resumed(resumption)
      if (!resumption.recovered) history.refresh()
    },
    update(update, replayed) {
      newest = { update, at: Date.now() }
      rate.add(newest.at, update.totalPlays)
      series.extend(update.minutes)
      // A replayed one waited for the connection, not for this route.
      if (!replayed) latency.arrived(update.receivedAt)
      repaint()
    },
  })

  const { client, listener } = live
  startForYou({ client, listener, now: time.now, failed: lamp.failed })
  void startPushes({ client, listener, vapidPublicKey, failed: lamp.failed })
  followClickThrough(modelTable())
  setInterval(drawFigures, FIGURES_EVERY_MS)
  setInterval(() => {
    drawChart()
    if (connected) shown.figures.point(rate.perSecond(Date.now()))
  }, 1000)

  return { recolour: (): void => shown.chart.recolour(), latency: latency.samples }
}
