import type { ClockOffset } from '../model/clock.ts'
import { latencyText, rateText } from '../model/figure-text.ts'
import { clockTime, count, rate } from '../model/format.ts'
import type { LatencySummary } from '../model/latency-window.ts'
import { NO_FIGURE, totalText } from '../model/withheld-text.ts'
import { element, setText } from './element.ts'
import { sparkline } from './sparkline.ts'

const QUIET_AFTER_MS = 10_000

/** The figures along the top. */
export function figures() {
  const total = element('total', HTMLElement)
  const totalNote = element('total-note', HTMLElement)
  const rateValue = element('rate', HTMLElement)
  const rateNote = element('rate-note', HTMLElement)
  const p50 = element('p50', HTMLElement)
  const p99 = element('p99', HTMLElement)
  const latencyNote = element('latency-note', HTMLElement)
  const line = sparkline(element('sparkline', HTMLElement))
  let measured = false

  return {
    total(plays: number, k: number): void {
      setFigure(total, count(plays))
      setText(totalNote, totalText(k))
    },

    /** `overMs`: what the rate is a mean over. */
    rate(perSecond: number | undefined, overMs: number, newestAt: number | undefined, now: number): void {
      setFigure(rateValue, perSecond === undefined ? undefined : rate(perSecond))
      if (perSecond === undefined) return
      const quiet = newestAt !== undefined && now - newestAt > QUIET_AFTER_MS
      setText(rateNote, quiet ? `no play since ${clockTime(newestAt)}` : rateText(overMs))
    },

    /** Once a second: the rate's next point in the small line. */
    point(perSecond: number | undefined): void {
      if (perSecond !== undefined) line(perSecond)
    },

    latency(summary: LatencySummary | undefined, clock: ClockOffset | undefined, corrected: boolean): void {
      setFigure(p50, summary && count(summary.p50))
      setFigure(p99, summary && count(summary.p99))
      if (summary) setText(latencyNote, latencyText(summary, clock, corrected))
      else if (measured) setText(latencyNote, 'no play in the last 30 s')
      measured ||= summary !== undefined
    },
  }
}

function setFigure(node: HTMLElement, text: string | undefined): void {
  node.classList.toggle('unknown', text === undefined)
  setText(node, text ?? NO_FIGURE)
}
