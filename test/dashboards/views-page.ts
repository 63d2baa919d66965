import type { TestContext } from 'node:test'
import type { ArtistPlay } from './database.ts'
import { type LivePageOptions, livePage, token } from './live-page.ts'

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR
export const artists = ['Ada & the Analysts', 'Bel Canto', 'Cor Anglais', 'Da Capo', 'Étude', '<b>Forte</b>']

/** Plays of six weeks: each listener begins in a week of their own and comes back less and less, the first artists most. */
function madePlays(now: number): ArtistPlay[] {
  return Array.from({ length: 36 }, (_, index) => {
    const cohort = index % 6
    return Array.from({ length: cohort + 1 }, (_, weeks) => {
      const stays = (index * 7 + weeks * 5) % (weeks + 1) < 2
      return Array.from({ length: stays ? 8 + (index % 5) : 0 }, (_, play) => ({
        listener: `listener ${index}`,
        artist: artists[(index * play + play) % artists.length]!,
        at: now - (cohort - weeks) * WEEK - ((play * 11 + index * 3) % 90) * HOUR - 1,
        msPlayed: 200_000,
      }))
    }).flat()
  }).flat()
}

/** The page with weeks of plays behind it, opened by ada, who has played twice, and has imported two plays of long ago; bob has played three times. */
export async function viewsPage(t: Pick<TestContext, 'after'>, options: LivePageOptions) {
  const now = Date.now()
  const own = (listener: string, artist: string, times: number): ArtistPlay[] =>
    Array.from({ length: times }, (_, index) => ({ listener, artist, at: now - index * 48 * HOUR - 1 }))
  const imported = [Date.UTC(2019, 11, 31, 23), Date.UTC(2020, 0, 1)].map((at) => ({
    listener: 'ada',
    artist: `of ${new Date(at).getUTCFullYear()}`,
    at,
    source: 'import:old',
  }))
  return livePage(t, {
    makesTokens: false,
    hash: `#token=${await token(3600, 'ada')}`,
    artistPlays: [...madePlays(now), ...own('ada', 'only ada', 2), ...own('bob', 'only bob', 3), ...imported],
    ...options,
  })
}
