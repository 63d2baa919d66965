import { sinceFirstPlay } from '../model/chart-span.ts'
import { hourText, minuteText, playsOf } from '../model/minute-text.ts'
import { type ChartMinute, pickMinute } from '../model/pick-minute.ts'
import { minuteChart } from './chart.ts'
import { element, setText } from './element.ts'

/**
 * The hour's chart with its readout: pointer or arrow keys pick a minute, Escape leaves it, and without a pick the
 * readout follows the running minute. To a screen reader it is a slider over the minutes.
 */
export function minutePicker() {
  const frame = element('chart', HTMLElement)
  const readout = element('chart-readout', HTMLElement)
  const summary = element('chart-summary', HTMLElement)
  const note = element('chart-note', HTMLElement)
  let minutes: ChartMinute[] = []
  let k = 1
  let picked: number | undefined
  /** The start of the minute that a key has picked: it goes on moving, where the pointer stays. */
  let byKey: number | undefined

  const read = (): void => {
    const index = picked ?? minutes.length - 1
    const minute = minutes[index]
    const text = minute ? minuteText(minute, index === minutes.length - 1, k) : ''
    setText(readout, text)
    frame.setAttribute('aria-valuenow', String(index))
    frame.setAttribute('aria-valuetext', text)
  }
  const chart = minuteChart(frame, (index) => {
    picked = index
    read()
  })
  frame.addEventListener('keydown', (event) => {
    const next = pickMinute(event.key, picked, minutes.length - 1)
    if (next === 'other') return
    event.preventDefault()
    pick(next)
  })
  frame.addEventListener('blur', () => byKey !== undefined && pick(undefined))
  frame.addEventListener('pointermove', () => (byKey = undefined))

  function pick(index: number | undefined): void {
    byKey = index === undefined ? undefined : minutes[index]?.start
    chart.mark(index)
  }

  return {
    /** Takes the last hour; what lies before its first play is left out of the chart. Minutes of fewer than `fewest` listeners are not told. */
    show(hour: ChartMinute[], fewest: number): void {
      k = fewest
      minutes = sinceFirstPlay(hour)
      chart.show(minutes)
      const index = minutes.findIndex(({ start }) => start === byKey)
      if (byKey !== undefined) pick(index === -1 ? undefined : index)
      read()
      setText(summary, hourText(hour, k))
      frame.setAttribute('aria-valuemax', String(minutes.length - 1))
      frame.dataset['plays'] = String(playsOf(hour))
    },
    note: (text: string): void => setText(note, text),
    recolour: (): void => chart.recolour(),
  }
}
