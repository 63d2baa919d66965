/** Where each view is in the address; all of them are the one page. */
export const places = {
  overview: '/',
  artists: '/artists',
  artist: '/artist',
  listeners: '/listeners',
  you: '/you',
  pipeline: '/pipeline',
  letters: '/dead-letters',
} as const

export type ViewName = keyof typeof places

/** The view at a path; an unknown one is the overview. */
export function viewAt(path: string): ViewName {
  const names = Object.keys(places) as ViewName[]
  return names.find((name) => places[name] === path) ?? 'overview'
}
