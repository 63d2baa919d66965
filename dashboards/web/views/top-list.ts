import type { TopArtistsUpdate, TopArtist } from '../../../schemas/channels.ts'
import { count, listened } from '../model/format.ts'
import { fromText, noArtistText } from '../model/withheld-text.ts'
import { artistAddress } from '../model/address.ts'
import { element, setText } from './element.ts'
import { type Row, movingRows } from './moving-rows.ts'

/** As many places as the page keeps room for. */
const PLACES = 10

/** An artist, and the plays of the one who has most. */
interface Ranked {
  artist: TopArtist
  most: number
}

/** The top artists as an ordered list, each with a bar of their share of the first one's plays. */
export function topList(list: HTMLOListElement): (update: TopArtistsUpdate) => void {
  const from = element('top-from', HTMLElement)
  const empty = element('top-empty', HTMLElement)
  const show = movingRows<Ranked>(list, { keyOf: ({ artist }) => artist.artistId, create: createRow })
  return function showTop({ top, k }) {
    setText(from, fromText(k))
    setText(empty, noArtistText(k))
    const most = top[0]?.plays ?? 0
    show(top.slice(0, PLACES).map((artist) => ({ artist, most })))
  }
}

function createRow({ artist: { artistId, artistName } }: Ranked): Row<Ranked> {
  const item = document.createElement('li')
  item.className = 'row'
  item.dataset['artist'] = artistId
  const [bar, name, time, plays] = [
    cell('span', 'bar'),
    cell('a', 'name'),
    cell('span', 'time'),
    cell('span', 'plays'),
  ]
  item.append(bar, name, time, plays)
  bar.ariaHidden = 'true'
  name.href = artistAddress(artistId, artistName)
  name.textContent = artistName
  name.title = artistName

  return {
    item,
    show({ artist, most }) {
      const share = most === 0 ? 0 : artist.plays / most
      bar.style.transform = `scaleX(${share.toFixed(4)})`
      setText(time, listened(artist.msPlayed))
      setText(plays, count(artist.plays))
    },
  }
}

function cell<Tag extends 'a' | 'span'>(tag: Tag, className: string): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  made.className = className
  return made
}
