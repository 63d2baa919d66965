import type { TopArtist } from '../../../schemas/channels.ts'
import type { CleanPlay } from '../../../schemas/events.ts'
import { line } from '../../contracts/oracle.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const TOP_LENGTH = 10

const minuteOf = ({ playedAt }: CleanPlay) => playedAt - (playedAt % MINUTE)

/** What Redis has to say of plays that were in time: of the windows that began less than an hour before the newest, by a loop. */
export function lastHour(plays: readonly CleanPlay[]) {
  const newest = plays.reduce((max, play) => Math.max(max, minuteOf(play)), 0)
  const its = plays.filter((play) => minuteOf(play) > newest - HOUR)
  const artists = [...Map.groupBy(its, ({ artistId }) => artistId)].map(([artistId, plays]): TopArtist => ({
    artistId,
    artistName: plays[0]!.artistName,
    plays: plays.length,
    msPlayed: plays.reduce((sum, { msPlayed }) => sum + msPlayed, 0),
  }))
  const minutes = [...Map.groupBy(its, minuteOf)].map(
    ([start, plays]) => [`minute ${start}`, String(plays.length)] as const,
  )
  const ranked = artists.toSorted(
    (one, other) => other.plays - one.plays || (one.artistId < other.artistId ? 1 : -1),
  )
  return {
    totals: new Map([
      ...artists.map((each) => [`artist ${each.artistId}`, lineOfArtist(each)] as const),
      ...minutes,
    ]),
    top: new Map(ranked.slice(0, TOP_LENGTH).map((each, at) => [`place ${at + 1}`, lineOfPlace(each)])),
  }
}

export const lineOfArtist = ({ artistName, plays, msPlayed }: TopArtist) => line(artistName, plays, msPlayed)
export const lineOfPlace = (artist: TopArtist) => line(artist.artistId, lineOfArtist(artist))
