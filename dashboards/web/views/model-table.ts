import type { ClickThrough, ClickThroughHandlers } from '../click-through.ts'
import { count, percent } from '../model/format.ts'
import { NO_FIGURE, fewClickedText, fromText, noVersionText } from '../model/withheld-text.ts'
import { element, setText } from './element.ts'

/** Click-through by model version, a row each. What was there stays when it cannot be read again, and a note says so. */
export function modelTable(): ClickThroughHandlers {
  const rows = element('models', HTMLTableSectionElement)
  const empty = element('models-empty', HTMLElement)
  const note = element('models-note', HTMLElement)
  const from = element('models-from', HTMLElement)

  return {
    loaded({ versions, k }) {
      rows.replaceChildren(...versions.map((version) => rowOf(version, k)))
      setText(from, fromText(k))
      setText(empty, versions.length === 0 ? noVersionText(k) : '')
      setText(note, '')
    },
    failed: (reason) => setText(note, `Click-through is not to be had. ${reason}`),
  }
}

function rowOf(
  { modelVersion, listsShown, clicks, clickThrough }: ClickThrough['versions'][number],
  k: number,
): HTMLTableRowElement {
  const row = document.createElement('tr')
  const version = document.createElement('th')
  version.scope = 'row'
  version.append(...breakable(modelVersion))
  row.append(version)
  row.insertCell().textContent = count(listsShown)
  for (const [figure, text] of [
    [clicks, count],
    [clickThrough, percent],
  ] as const) {
    const cell = row.insertCell()
    cell.textContent = figure === null ? NO_FIGURE : text(figure)
    if (figure === null) cell.title = fewClickedText(k)
  }
  return row
}

/** A version begins with a moment, 20261129T024534Z: where there is no room for it, it breaks behind the day. */
function breakable(modelVersion: string): (string | Node)[] {
  const [day = '', ...rest] = modelVersion.split(/(?<=^\d{8}T)/)
  return [day, ...rest.flatMap((part) => [document.createElement('wbr'), part])]
}
