import { sinceFirstPlay } from '../model/chart-span.ts'
import { minuteUnit } from '../model/chart-unit.ts'
import { lastHourText, playsOf } from '../model/bar-text.ts'
import type { Bar } from '../model/pick-bar.ts'
import { barPicker } from './bar-picker.ts'
import { element, setText } from './element.ts'

/** The last hour's chart, with what it says in words. */
export function minutePicker() {
  const frame = element('chart', HTMLElement)
  const summary = element('chart-summary', HTMLElement)
  const note = element('chart-note', HTMLElement)
  const picker = barPicker(frame, element('chart-readout', HTMLElement), minuteUnit)

  return {
    /** Takes the last hour; what lies before its first play is left out of the chart. Minutes of fewer than `k` listeners are not told. */
    show(hour: Bar[], k: number): void {
      picker.show(sinceFirstPlay(hour), k, hour.at(-1)?.start)
      setText(summary, lastHourText(hour, k))
      frame.dataset['plays'] = String(playsOf(hour))
    },
    note: (text: string): void => setText(note, text),
  }
}
