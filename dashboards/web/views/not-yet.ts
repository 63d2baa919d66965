import type { Connection } from '../model/connection.ts'
import { element, setText } from './element.ts'

/** What stands where nothing has come in yet: while connected it may still come, else it cannot. */
const texts = {
  'rate-note': { live: 'no plays yet', away: 'not connected' },
  'latency-note': { live: 'no plays yet', away: 'not connected' },
  'top-empty': { live: 'Waiting for the first play…', away: 'Not connected, so nothing comes in.' },
  'for-you-empty': { live: 'Waiting for your next play…', away: 'Not connected, so nothing comes in.' },
}

/** Says so in places that nothing has been put into yet. */
export function notYet({ kind }: Connection): void {
  for (const [id, { live, away }] of Object.entries(texts)) {
    const place = element(id, HTMLElement)
    const isOurs = [live, away].includes(place.textContent)
    if (isOurs) setText(place, kind === 'live' ? live : away)
  }
}
