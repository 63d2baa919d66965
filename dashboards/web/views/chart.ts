import '../known-language.ts'
import UPlot from 'uplot'
import { axisStarts } from '../model/chart-span.ts'
import { MINUTE_MS } from '../model/minute-series.ts'
import { minuteTime, shortCount } from '../model/format.ts'
import type { ChartMinute } from '../model/pick-minute.ts'

/** Steps of the count axis: 1, 2, 5, 10, 20 … – there is no half play. */
const wholeSteps = Array.from({ length: 9 }, (_, power) =>
  [1, 2, 5].map((first) => first * 10 ** power),
).flat()

/** The chart counts in seconds. */
const MINUTE_S = MINUTE_MS / 1000

/** Steps of the time axis. */
const minuteSteps = [1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_S)

export interface Chart {
  show(minutes: ChartMinute[]): void
  /** Marks the minute at this index; undefined marks none. */
  mark(index: number | undefined): void
  /** Draws again in the colours that the page has now. */
  recolour(): void
}

/**
 * Plays by minute as bars that fill `frame` from the left; the running minute, the last, still grows and is drawn apart.
 * `pointed` hears which minute the pointer is over.
 */
export function minuteChart(frame: HTMLElement, pointed: (index: number | undefined) => void): Chart {
  let colours = coloursOf(frame)
  let last = -1
  const { paths } = UPlot
  const bars = paths.bars?.({ size: [0.78, 72], align: 1, radius: 0.12 })
  const axis = { stroke: () => colours.muted, font: axisFont(frame), ticks: { show: false }, gap: 8 }
  const plot = new UPlot(
    {
      ...sizeOf(frame),
      padding: [8, 18, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: wholeMinutes },
        y: { range: (_plot, _low, high) => [0, Math.max(high * 1.08, 10)] },
      },
      axes: [
        {
          ...axis,
          size: 30,
          grid: { show: false },
          space: 56,
          incrs: minuteSteps,
          values: (_plot, at) => at.map((s) => minuteTime(s * 1000)),
        },
        {
          ...axis,
          size: 48,
          space: 48,
          incrs: wholeSteps,
          grid: { stroke: () => colours.line, width: 1 },
          values: (_plot, at) => at.map(shortCount),
        },
      ],
      series: [
        {},
        { paths: bars, points: { show: false }, width: 0, fill: () => colours.bar },
        { paths: bars, points: { show: false }, width: 0, fill: () => colours.running },
      ],
      hooks: { setCursor: [(plot) => pointed(minuteUnder(plot, last))] },
    },
    [[], [], []],
    frame,
  )
  new ResizeObserver(() => plot.setSize(sizeOf(frame))).observe(frame)

  return {
    show(minutes) {
      last = minutes.length - 1
      plot.setData(dataOf(minutes))
    },
    mark(index) {
      const at = index === undefined ? undefined : plot.data[0][index]
      plot.setCursor({ left: at === undefined ? -10 : plot.valToPos(at + MINUTE_S / 2, 'x'), top: 0 })
    },
    recolour() {
      colours = coloursOf(frame)
      plot.redraw(true)
    },
  }
}

/** From the start of the first minute to the end of the last. */
function wholeMinutes({ data: [starts] }: UPlot): [number, number] {
  return [starts[0] ?? 0, (starts.at(-1) ?? 0) + MINUTE_S]
}

/** The index of the bar that the cursor is on, above it or between it and the next; after the last it is the last. */
function minuteUnder(plot: UPlot, last: number): number | undefined {
  const { left = -1 } = plot.cursor
  const [starts] = plot.data
  const first = starts[0]
  if (left < 0 || first === undefined) return undefined
  const index = Math.floor((plot.posToVal(left, 'x') - first) / MINUTE_S)
  return Math.min(Math.max(index, 0), last)
}

/** Times in seconds, complete minutes, the running minute; null where there is none yet. */
function dataOf(minutes: ChartMinute[]): UPlot.AlignedData {
  const last = minutes.length - 1
  const starts = axisStarts(minutes)
  const playsAt = (index: number): number | null => minutes[index]?.plays ?? null
  return [
    starts.map((start) => start / 1000),
    starts.map((_, index) => (index === last ? null : playsAt(index))),
    starts.map((_, index) => (index === last ? playsAt(index) : null)),
  ]
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } {
  return { width: clientWidth, height: clientHeight }
}

function coloursOf(frame: HTMLElement) {
  const style = getComputedStyle(frame)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return { bar: colour('bar'), running: colour('accent'), muted: colour('muted'), line: colour('line') }
}

function axisFont(frame: HTMLElement): string {
  return `12px ${getComputedStyle(frame).fontFamily}`
}
