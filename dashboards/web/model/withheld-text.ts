import { count } from './format.ts'

/** What is left out, in words; `k`: what fewer listeners have played, or seen, is not published. */

/** Follows what a list shows: ", from 10 listeners on". */
export const fromText = (k: number): string => (k === 1 ? '' : `, from ${k} listeners on`)

/** Instead of a list of artists. */
export const noArtistText = (k: number): string =>
  k === 1
    ? 'Waiting for the first play…'
    : `No artist has ${k} listeners in this hour yet; fewer are not shown. If all of this is your own, start with K_ANONYMITY=1.`

/** Instead of versions of models. */
export const noVersionText = (k: number): string =>
  k === 1
    ? 'No list was on a screen yet.'
    : `No version has been seen by ${k} listeners yet; fewer are not shown.`

/** Instead of a figure. */
export const NO_FIGURE = '–'

/** Listeners whom the API counts to 101 and tells in steps of k: the last step stands for any more. */
export const upTo100 = (listeners: number, k: number): string =>
  listeners + k > 101 ? `${count(listeners)} or more` : count(listeners)

/** Why there is none of clicks. */
export const fewClickedText = (k: number): string =>
  `Fewer than ${k} listeners have clicked, or have left a list unclicked; that is not shown.`

/** What plays are counted in. */
export const totalText = (k: number): string =>
  k === 1 ? 'in all, since the first came in' : `in all, in minutes of ${k} listeners or more`
