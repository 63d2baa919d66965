import type { TopArtistsUpdate } from '../../schemas/channels.ts'
import type { HistoryHandlers } from './history.ts'
import { measureLatency } from './measure-latency.ts'
import { correction } from './model/clock.ts'
import { minuteSeries } from './model/minute-series.ts'
import { slidingRate } from './model/rate.ts'
import { repaintOnce } from './repaint.ts'
import type { followServerTime } from './time-sync.ts'
import { element } from './views/element.ts'
import { figures } from './views/figures.ts'
import { minutePicker } from './views/minute-picker.ts'
import { topList } from './views/top-list.ts'

/** How often the figures that are means and quantiles change: oftener cannot be read. */
const FIGURES_EVERY_MS = 500

/** The overview: live figures, top artists, and the last hour, in which history and live minutes meet. */
export function startOverview(time: ReturnType<typeof followServerTime>, isLive: () => boolean) {
  const latency = measureLatency(time.now)
  const rate = slidingRate()
  const series = minuteSeries()
  const shown = { figures: figures(), top: topList(element('top', HTMLOListElement)), chart: minutePicker() }

  let k = 1
  let newest: { update: TopArtistsUpdate; at: number } | undefined
  const repaint = repaintOnce(() => {
    if (newest) {
      shown.top(newest.update)
      shown.figures.total(newest.update.totalPlays, newest.update.k)
    }
    // On the screen at the start of the frame after, by which the browser has presented it: late by up to a frame, never early.
    requestAnimationFrame(latency.drawn())
  })
  const drawChart = (): void => shown.chart.show(series.until(time.now()), k)
  setInterval(() => {
    if (!isLive()) return
    const now = Date.now()
    shown.figures.rate(rate.perSecond(now), rate.overMs(now), newest?.at, now)
    shown.figures.latency(latency.summary(), time.clock(), correction(time.clock()) !== 0)
  }, FIGURES_EVERY_MS)
  setInterval(() => {
    drawChart()
    if (isLive()) shown.figures.point(rate.perSecond(Date.now()))
  }, 1000)

  const history: HistoryHandlers = {
    loaded(read) {
      ;({ k } = read)
      series.load(read)
      shown.chart.note('')
      drawChart()
    },
    failed: (reason) => shown.chart.note(`The last hour is not to be had, live minutes only. ${reason}`),
  }
  return {
    history,
    update(update: TopArtistsUpdate, replayed: boolean): void {
      newest = { update, at: Date.now() }
      rate.add(newest.at, update.totalPlays)
      series.extend(update.minutes)
      // A replayed one waited for the connection, not for this route.
      if (!replayed) latency.arrived(update.receivedAt)
      repaint()
    },
    playsSince: (start: number): number => series.playsSince(start, time.now()),
    latency: latency.samples,
  }
}
