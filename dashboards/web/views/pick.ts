import type { ReactionKind } from '../../../schemas/reactions.ts'
import type { ForYouRow } from '../model/for-you-rows.ts'
import { setText } from './element.ts'
import type { Row } from './moving-rows.ts'

/** How long a row is marked as new. */
const NEW_MS = 4_000

export interface PickHandlers {
  reacted(row: ForYouRow, kind: ReactionKind): void
  /** The listener wants this artist. */
  chosen(row: ForYouRow): void
}

/** A recommended artist: the name, the reason, and what the listener can say to it. */
export function createPick(first: ForYouRow, on: PickHandlers): Row<ForYouRow> {
  let row = first
  const item = document.createElement('li')
  item.className = 'pick'
  item.dataset['artist'] = row.artistId
  const name = button('artist', row.artistName)
  const reason = document.createElement('span')
  reason.className = 'reason'
  const like = button('like', 'Like')
  const skip = button('skip', 'Skip')
  item.append(name, reason, like, skip)
  name.title = row.artistName
  like.ariaLabel = `Like ${row.artistName}`
  skip.ariaLabel = `Skip ${row.artistName}`
  if (row.isNew) markNew(item)

  name.addEventListener('click', () => {
    item.dataset['chosen'] = ''
    on.chosen(row)
  })
  like.addEventListener('click', () => on.reacted(row, row.isLiked ? 'unlike' : 'like'))
  skip.addEventListener('click', ({ detail }) => {
    // The next row slides under the pointer: the second click of a double one is not meant for it.
    if (detail > 1) return
    focusNext(item)
    on.reacted(row, 'skip')
  })
  // Nor is the key that is still held meant for the row that has the focus next.
  skip.addEventListener('keydown', (event) => {
    if (event.repeat) event.preventDefault()
  })

  return {
    item,
    show(next) {
      row = next
      setText(reason, row.reason)
      reason.title = row.reason
      like.ariaPressed = String(row.isLiked)
    },
  }
}

function button(className: string, text: string): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = className
  made.textContent = text
  return made
}

function markNew(item: HTMLLIElement): void {
  item.dataset['new'] = ''
  setTimeout(() => delete item.dataset['new'], NEW_MS)
}

/** Who works down the list by keyboard goes on with the row after the one that goes. */
function focusNext(item: HTMLLIElement): void {
  const next = item.nextElementSibling ?? item.previousElementSibling
  next?.querySelector<HTMLButtonElement>('.skip')?.focus()
}
