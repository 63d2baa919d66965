import { openedParameter } from '../../schemas/push-payload.ts'

/** Changes the address without loading the page; `replace`: without a step to go back to. */
export type Go = (href: string, how?: 'replace') => void

/** Follows links within the page, and back and forward. `moved` runs after each change of the address. */
export function followAddress(moved: () => void): Go {
  const go: Go = (href, how) => {
    const url = withOpened(new URL(href, location.href))
    if (how === 'replace' || url.href === location.href) history.replaceState(null, '', url)
    else history.pushState(null, '', url)
    moved()
  }
  document.addEventListener('click', (event) => {
    const href = linkOf(event)
    if (href === undefined) return
    event.preventDefault()
    go(href)
  })
  addEventListener('popstate', moved)
  return go
}

/** Where a click leads to within the page; not one that asks for a new tab, or for a place in this view. */
function linkOf({ target, button, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): string | undefined {
  if (button !== 0 || ctrlKey || metaKey || shiftKey || altKey || !(target instanceof Element))
    return undefined
  const href = target.closest('a')?.getAttribute('href')
  return href?.startsWith('/') === true ? href : undefined
}

/** Notifications that the gateway has not yet been told of stay in the address. */
function withOpened(url: URL): URL {
  for (const id of new URLSearchParams(location.search).getAll(openedParameter))
    if (!url.searchParams.has(openedParameter, id)) url.searchParams.append(openedParameter, id)
  return url
}
