import { render } from 'lit-html'
import { address } from './model/address.ts'
import { type ViewName, places, viewAt } from './model/places.ts'
import { artistView } from './pages/artist.ts'
import { artistsView } from './pages/artists.ts'
import { lettersView } from './pages/letters.ts'
import { listenersView } from './pages/listeners.ts'
import type { PageView } from './pages/page-view.ts'
import { pipelineView } from './pages/pipeline.ts'
import { youView } from './pages/you.ts'
import { keepReadings } from './readings.ts'
import { repaintOnce } from './repaint.ts'
import { followAddress } from './router.ts'
import { element } from './views/element.ts'

export interface ViewsOptions {
  /** The server's clock. */
  now(): number
  playsSince(start: number): number
  /** The reader's token. */
  token(): Promise<string>
}

/** Views beside the overview, which stands in the HTML. */
const views: Partial<Record<ViewName, PageView>> = {
  artists: artistsView,
  artist: artistView,
  listeners: listenersView,
  you: youView,
  pipeline: pipelineView,
  letters: lettersView,
}

/** Shows the view of the address, whenever that changes. `redraw` is to be called when live figures have changed. */
export function startViews({ now, playsSince, token }: ViewsOptions): { redraw(): void } {
  const host = element('view', HTMLElement)
  const root = document.documentElement
  const redraw = repaintOnce(draw)
  const readings = keepReadings({ changed: redraw, token })
  const go = followAddress(arrive)

  function open() {
    const name = viewAt(location.pathname)
    return { name, view: views[name], parameters: new URLSearchParams(location.search) }
  }

  function draw(): void {
    const { name, view, parameters } = open()
    // One moment for both: what is read is what is shown, over midnight, too.
    const at = now()
    readings.want(view?.reads(parameters, at) ?? [])
    if (view === undefined) return
    const state = {
      parameters,
      reading: readings.of,
      now: at,
      playsSince,
      redraw,
      go: (changed: Record<string, string>, how?: 'replace') => go(address(places[name], changed), how),
    }
    render(view.template(state), host)
  }

  /** The address has changed: where it is another view, the reader begins at its head. */
  function arrive(): void {
    const { name } = open()
    const isOther = root.dataset['view'] !== name
    show()
    if (!isOther) return
    scrollTo(0, 0)
    document.querySelector<HTMLElement>(name === 'overview' ? '#overview-title' : '#view-title')?.focus()
  }

  function show(): void {
    const { name, view, parameters } = open()
    root.dataset['view'] = name
    document.title = `Continuo – ${view?.title(parameters) ?? 'now playing'}`
    for (const link of document.querySelectorAll<HTMLAnchorElement>('#views a'))
      link.ariaCurrent = viewAt(link.pathname) === name ? 'page' : null
    draw()
  }

  show()
  // What is shown grows old, and at midnight of UTC other days are wanted.
  setInterval(redraw, 1000)
  return { redraw }
}
