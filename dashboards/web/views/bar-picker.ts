import type { ChartUnit } from '../model/chart-unit.ts'
import { barText } from '../model/bar-text.ts'
import { type Bar, pickBar } from '../model/pick-bar.ts'
import { barChart } from './chart.ts'
import { setText } from './element.ts'

/**
 * A chart with its readout: pointer or arrow keys pick a bar, Escape leaves it, and without a pick the readout follows
 * the last one. To a screen reader it is a slider over the bars.
 */
export function barPicker(frame: HTMLElement, readout: HTMLElement, unit: ChartUnit) {
  let bars: Bar[] = []
  let k = 1
  let running: number | undefined
  let picked: number | undefined
  /** The start of the bar that a key has picked: it goes on moving, where the pointer stays. */
  let byKey: number | undefined

  const read = (): void => {
    const index = picked ?? bars.length - 1
    const bar = bars[index]
    const text = bar ? barText(bar, unit, bar.start === running, k) : ''
    setText(readout, text)
    frame.setAttribute('aria-valuenow', String(Math.max(0, index)))
    frame.setAttribute('aria-valuetext', text)
  }
  const chart = barChart(frame, unit, (index) => {
    picked = index
    read()
  })
  frame.addEventListener('keydown', (event) => {
    const next = pickBar(event.key, picked, bars.length - 1)
    if (next === 'other') return
    event.preventDefault()
    pick(next)
  })
  frame.addEventListener('blur', () => byKey !== undefined && pick(undefined))
  frame.addEventListener('pointermove', () => (byKey = undefined))

  function pick(index: number | undefined): void {
    byKey = index === undefined ? undefined : bars[index]?.start
    chart.mark(index)
  }

  return {
    /** Bars of fewer than `fewest` listeners are not told. `now`: start of the bar that still grows; of a time that is past none does. */
    show(all: Bar[], fewest: number, now: number | undefined): void {
      k = fewest
      bars = all
      running = now
      chart.show(bars, running)
      if (byKey !== undefined) {
        const index = bars.findIndex(({ start }) => start === byKey)
        pick(index === -1 ? undefined : index)
      }
      read()
      frame.setAttribute('aria-valuemax', String(Math.max(0, bars.length - 1)))
    },
    stop: (): void => chart.stop(),
  }
}
