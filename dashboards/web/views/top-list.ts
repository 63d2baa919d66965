import type { TopArtist } from '../../../schemas/channels.ts'
import { count, listened } from '../model/format.ts'
import { setText } from './element.ts'

/** As many places as the page keeps room for. */
const PLACES = 10
const MOVE = { duration: 420, easing: 'cubic-bezier(0.2, 0.8, 0.2, 1)', composite: 'add' } as const

const stillness = matchMedia('(prefers-reduced-motion: reduce)')

/**
 * The top artists as an ordered list: one row an artist as long as it stays in, moved in the document (so that the
 * order is right for every reader) and slid into place by a transform alone.
 */
export function topList(list: HTMLOListElement): (top: TopArtist[]) => void {
  const rows = new Map<string, Row>()

  return function show(top) {
    const shown = top.slice(0, PLACES)
    const most = shown[0]?.plays ?? 0
    const keep = new Set(shown.map(({ artistId }) => artistId))
    for (const [artistId, row] of rows) {
      if (keep.has(artistId)) continue
      row.item.remove()
      rows.delete(artistId)
    }
    shown.forEach((artist, place) => {
      const row = rows.get(artist.artistId)
      if (row) moveTo(list, row, place)
      else rows.set(artist.artistId, enter(list, artist, place))
      rows.get(artist.artistId)!.show(artist, most)
    })
    list.dataset['rows'] = String(shown.length)
  }
}

interface Row {
  item: HTMLLIElement
  place: number
  show(artist: TopArtist, most: number): void
}

function enter(list: HTMLOListElement, artist: TopArtist, place: number): Row {
  const row = createRow(artist, place)
  list.insertBefore(row.item, list.children[place] ?? null)
  if (!stillness.matches) row.item.animate([{ opacity: 0 }, { opacity: 1 }], { duration: MOVE.duration })
  return row
}

function moveTo(list: HTMLOListElement, row: Row, place: number): void {
  if (list.children[place] !== row.item) list.insertBefore(row.item, list.children[place] ?? null)
  const from = row.place - place
  row.place = place
  if (from === 0 || stillness.matches) return
  // Added to a move still under way, so that a second one does not jump. Rows are equally high: 100 % is one place.
  row.item.animate([{ transform: `translateY(${from * 100}%)` }, { transform: 'translateY(0)' }], MOVE)
}

function createRow({ artistId, artistName }: TopArtist, place: number): Row {
  const item = document.createElement('li')
  item.className = 'row'
  item.dataset['artist'] = artistId
  const [bar, name, time, plays] = ['bar', 'name', 'time', 'plays'].map((className) => {
    const cell = document.createElement('span')
    cell.className = className
    item.append(cell)
    return cell
  }) as [HTMLSpanElement, HTMLSpanElement, HTMLSpanElement, HTMLSpanElement]
  bar.ariaHidden = 'true'
  name.textContent = artistName
  name.title = artistName

  return {
    item,
    place,
    show(artist, most) {
      const share = most === 0 ? 0 : artist.plays / most
      bar.style.transform = `scaleX(${share.toFixed(4)})`
      setText(time, listened(artist.msPlayed))
      setText(plays, count(artist.plays))
    },
  }
}
