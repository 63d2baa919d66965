const MOVE = { duration: 420, easing: 'cubic-bezier(0.2, 0.8, 0.2, 1)', composite: 'add' } as const

const stillness = matchMedia('(prefers-reduced-motion: reduce)')

/** A row of a list on the page. */
export interface Row<Value> {
  item: HTMLLIElement
  show(value: Value): void
}

export interface MovingRowsOptions<Value> {
  /** Values with the same key are the same row. */
  keyOf(value: Value): string
  create(value: Value): Row<Value>
}

type Placed<Value> = Row<Value> & { place: number }

/**
 * An ordered list of rows that are equally high: one row a key as long as it stays in, moved in the document (so that the
 * order is right for every reader) and slid into place by a transform alone. The focus stays where it was; when its row
 * goes, it is the list's.
 */
export function movingRows<Value>(
  list: HTMLOListElement,
  { keyOf, create }: MovingRowsOptions<Value>,
): (values: Value[]) => void {
  const rows = new Map<string, Placed<Value>>()

  return function show(values) {
    const focused = list.contains(document.activeElement) ? document.activeElement : null
    const keep = new Set(values.map(keyOf))
    for (const [key, { item }] of rows) {
      if (keep.has(key)) continue
      item.remove()
      rows.delete(key)
    }
    values.forEach((value, place) => {
      const key = keyOf(value)
      const row = rows.get(key)
      if (row) moveTo(list, row, place)
      else rows.set(key, enter(list, { ...create(value), place }))
      rows.get(key)!.show(value)
    })
    list.dataset['rows'] = String(values.length)
    returnFocus(list, focused)
  }
}

function enter<Value>(list: HTMLOListElement, row: Placed<Value>): Placed<Value> {
  list.insertBefore(row.item, list.children[row.place] ?? null)
  if (!stillness.matches) row.item.animate([{ opacity: 0 }, { opacity: 1 }], { duration: MOVE.duration })
  return row
}

function moveTo<Value>(list: HTMLOListElement, row: Placed<Value>, place: number): void {
  if (list.children[place] !== row.item) list.insertBefore(row.item, list.children[place] ?? null)
  const from = row.place - place
  row.place = place
  if (from === 0 || stillness.matches) return
  // Added to a move still under way, so that a second one does not jump. Rows are equally high: 100 % is one place.
  row.item.animate([{ transform: `translateY(${from * 100}%)` }, { transform: 'translateY(0)' }], MOVE)
}

/** What is moved in the document, or leaves it, loses the focus. */
function returnFocus(list: HTMLOListElement, focused: Element | null): void {
  if (focused === document.activeElement || !(focused instanceof HTMLElement)) return
  const target = focused.isConnected ? focused : list
  target.focus({ preventScroll: true })
}
