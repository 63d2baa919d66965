import { framedPlot, themed } from './framed-plot.ts'

/**
 * Draws a line and the area under it, from the left edge on, the right one reached once all `places` are taken; zero is at the
 * bottom, the highest at the top. Each call adds one value and forgets what is older than `places` calls.
 */
export function sparkline(frame: HTMLElement, places = 60): (value: number) => void {
  const values: number[] = []
  const { plot } = framedPlot(
    frame,
    {
      padding: [2, 0, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [0, places - 1] },
        y: { range: (_plot, _low, high) => [0, Math.max(high, 1)] },
      },
      axes: [{ show: false }, { show: false }],
      series: [
        {},
        {
          stroke: themed(frame, 'accent'),
          fill: themed(frame, 'share'),
          width: 1.75,
          points: { show: false },
        },
      ],
    },
    [[], []],
  )
  return function add(value) {
    values.push(value)
    if (values.length > places) values.shift()
    plot.setData([values.map((_, index) => index), values])
  }
}
