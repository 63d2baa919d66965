import { count, minuteTime } from '../model/format.ts'
import { type Chart, type ChartMinute, minuteChart } from './chart.ts'
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
  let picked: number | undefined

  const read = (): void => {
    const index = picked ?? minutes.length - 1
    const minute = minutes[index]
    const text = minute ? minuteText(minute, index === minutes.length - 1) : ''
    setText(readout, text)
    frame.setAttribute('aria-valuenow', String(index))
    frame.setAttribute('aria-valuetext', text)
  }
  const chart: Chart = minuteChart(frame, (index) => {
    picked = index
    read()
  })
  frame.addEventListener('keydown', (event) => {
    const next = pick(event.key, picked, minutes.length - 1)
    if (next === 'other') return
    event.preventDefault()
    chart.mark(next)
  })

  return {
    show(next: ChartMinute[]): void {
      minutes = next
      chart.show(minutes)
      read()
      setText(summary, summaryOf(minutes))
      frame.dataset['plays'] = String(sumOf(minutes))
    },
    note: (text: string): void => setText(note, text),
    recolour: (): void => chart.recolour(),
  }
}

/** Which minute a key picks: an index, undefined for none, 'other' for a key that is not for the chart. */
export function pick(key: string, picked: number | undefined, last: number): number | undefined | 'other' {
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, (picked ?? last + 1) - 1)
    case 'ArrowRight':
      return Math.min(last, (picked ?? last) + 1)
    case 'Home':
      return 0
    case 'End':
      return last
    case 'Escape':
      return undefined
    default:
      return 'other'
  }
}

function minuteText({ start, plays }: ChartMinute, running: boolean): string {
  const at = minuteTime(start)
  if (plays === null) return `${at}: not known`
  return running ? `${at} so far: ${count(plays)} plays` : `${at}: ${count(plays)} plays`
}

function sumOf(minutes: ChartMinute[]): number {
  return minutes.reduce((sum, { plays }) => sum + (plays ?? 0), 0)
}

function summaryOf(minutes: ChartMinute[]): string {
  const highest = minutes.reduce((a, b) => ((b.plays ?? 0) > (a.plays ?? 0) ? b : a))
  if (!highest.plays) return 'No plays in the last hour.'
  return `${count(sumOf(minutes))} plays in the last hour, most at ${minuteTime(highest.start)} (${count(highest.plays)}).`
}
