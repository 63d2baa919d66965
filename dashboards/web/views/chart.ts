import '../known-language.ts'
import UPlot from 'uplot'
import { axisStarts } from '../model/chart-span.ts'
import type { ChartUnit } from '../model/chart-unit.ts'
import { shortCount } from '../model/format.ts'
import type { Bar } from '../model/pick-bar.ts'
import { framedPlot, themed } from './framed-plot.ts'

/** Steps of the count axis: 1, 2, 5, 10, 20 … – there is no half play. */
const wholeSteps = Array.from({ length: 9 }, (_, power) =>
  [1, 2, 5].map((first) => first * 10 ** power),
).flat()

/** Bars that are narrower cannot be told apart: an area is drawn, which is fast for any number of them. */
const NARROWEST_PX = 3

export interface Chart {
  /** `running`: start of the bar that still grows, if one does. */
  show(bars: Bar[], running: number | undefined): void
  /** Marks the bar at this index; undefined marks none. */
  mark(index: number | undefined): void
  stop(): void
}

/**
 * Plays over time as bars that fill `frame` from the left; the running one still grows and is drawn apart.
 * `pointed` hears which bar the pointer is over.
 */
export function barChart(
  frame: HTMLElement,
  unit: ChartUnit,
  pointed: (index: number | undefined) => void,
): Chart {
  // The chart counts in seconds.
  const unitS = unit.ms / 1000
  let last = -1
  const { plot, stop } = framedPlot(
    frame,
    optionsOf(frame, unit, (drawn) => pointed(barUnder(drawn, unitS, last))),
    [[], [], []],
  )

  return {
    show(bars, running) {
      last = bars.length - 1
      plot.setData(dataOf(bars, unit, running))
    },
    mark(index) {
      const at = index === undefined ? undefined : plot.data[0][index]
      plot.setCursor({ left: at === undefined ? -10 : plot.valToPos(at + unitS / 2, 'x'), top: 0 })
    },
    stop,
  }
}

function optionsOf(
  frame: HTMLElement,
  unit: ChartUnit,
  setCursor: (plot: UPlot) => void,
): Omit<UPlot.Options, 'width' | 'height'> {
  const unitS = unit.ms / 1000
  const colour = (name: string) => themed(frame, name)
  const axis = { stroke: colour('muted'), font: axisFont(frame), ticks: { show: false }, gap: 8 }
  const series = { points: { show: false }, width: 0 }
  return {
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: ({ data: [starts] }) => [starts[0] ?? 0, (starts.at(-1) ?? 0) + unitS] },
      y: { range: (_plot, _low, high) => [0, Math.max(high * 1.08, 10)] },
    },
    ...(unit.inUtc && { tzDate: (s: number) => UPlot.tzDate(new Date(s * 1000), 'Etc/UTC') }),
    axes: [
      {
        ...axis,
        size: 30,
        grid: { show: false },
        space: 56,
        incrs: unit.steps.map((step) => step * unitS),
        values: (_plot, at) => at.map((s) => unit.tick(s * 1000)),
      },
      {
        ...axis,
        size: 48,
        space: 48,
        incrs: wholeSteps,
        grid: { stroke: colour('line'), width: 1 },
        values: (_plot, at) => at.map(shortCount),
      },
    ],
    series: [
      {},
      { ...series, paths: barsOrArea, fill: colour('bar') },
      { ...series, paths: bars, fill: colour('accent') },
    ],
    hooks: { setCursor: [setCursor] },
  }
}

const bars = UPlot.paths.bars!({ size: [0.78, 72, 2], align: 1, radius: 0.12 })
const area = UPlot.paths.linear!()

const barsOrArea: UPlot.Series.PathBuilder = (plot, ...at) => {
  const enough = plot.width >= plot.data[0].length * NARROWEST_PX
  return (enough ? bars : area)(plot, ...at)
}

/** The index of the bar that the cursor is on, above it or between it and the next; after the last it is the last. */
function barUnder(plot: UPlot, unitS: number, last: number): number | undefined {
  const { left = -1 } = plot.cursor
  const [starts] = plot.data
  const first = starts[0]
  if (left < 0 || first === undefined) return undefined
  const index = Math.floor((plot.posToVal(left, 'x') - first) / unitS)
  return Math.min(Math.max(index, 0), last)
}

/** Times in seconds, complete bars, the running one; null where there is none yet. */
function dataOf(all: Bar[], unit: ChartUnit, running: number | undefined): UPlot.AlignedData {
  const starts = axisStarts(all, unit)
  const playsAt = (index: number): number | null => all[index]?.plays ?? null
  return [
    starts.map((start) => start / 1000),
    starts.map((start, index) => (start === running ? null : playsAt(index))),
    starts.map((start, index) => (start === running ? playsAt(index) : null)),
  ]
}

function axisFont(frame: HTMLElement): string {
  return `12px ${getComputedStyle(frame).fontFamily}`
}
