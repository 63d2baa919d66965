import { type Comparison, compare } from './compare.ts'
import {
  artistMinutesInClickhouse,
  duplicatesInKafka,
  givenBackInKafka,
  lastHourInRedis,
  lateInKafka,
  lettersInClickhouse,
  lettersInKafka,
  minutesInClickhouse,
  playsInClickhouse,
  windowsInClickhouse,
  windowsInKafka,
} from './found.ts'
import { type Wanted, line } from './oracle.ts'
import { type Place, continuo, done } from './place.ts'
import { CLOSING, HOUR_MS } from './rows.ts'

type Lines = ReadonlyMap<string, string>

/** Compares all that is to be found in topics and stores. `givenBack`: letters that their stage has been given again. */
export async function comparisons(
  place: Place,
  wanted: Wanted,
  givenBack: ReadonlySet<string>,
): Promise<Comparison[]> {
  const { windows, late, duplicates, letters, plays, artistMinutes, minutes } = wanted
  return [
    await compare('closed windows', windows, await windowsInKafka(place)),
    await compare('closed windows in ClickHouse', windows, await windowsInClickhouse(place)),
    await compare('minutes of the last hour in Redis', lastHourOf(wanted), await lastHourInRedis(place)),
    await compare('late plays', late, await lateInKafka(place)),
    await compare('duplicates', duplicates, await duplicatesInKafka(place)),
    await compare('dead letters, opened', letters, await lettersInKafka(place)),
    await compare('dead letters in ClickHouse', reasonsOf(letters), await lettersInClickhouse(place)),
    await compare('dead letters by reason', groupsOf(letters, givenBack), await groupsListed(place)),
    await compare('letters given back', withoutLines(givenBack), await givenBackInKafka(place)),
    await compare('plays in ClickHouse', plays, playsInClickhouse(place)),
    await compare('plays by artist and minute', artistMinutes, await artistMinutesInClickhouse(place)),
    await compare('plays by minute, as the dashboard asks', minutes, await minutesInClickhouse(place)),
  ]
}

/** Plays of closed windows by minute, of the hour up to the window of what closed them. */
function lastHourOf({ windows, artistMinutes }: Wanted): Lines {
  const minutes = new Map<number, number>()
  for (const [window, total] of windows) {
    const start = Number(window.split('\t')[1])
    minutes.set(start, (minutes.get(start) ?? 0) + Number(total.split('\t')[1]))
  }
  const newest = Number(
    artistMinutes
      .keys()
      .find((key) => key.startsWith(CLOSING))!
      .split('\t')[1],
  )
  const lastHour = [...minutes].filter(([start]) => start > newest - HOUR_MS)
  return new Map(lastHour.map(([start, plays]) => [String(start), String(plays)]))
}

const withoutLines = (keys: Iterable<string>): Lines => new Map(Array.from(keys, (key) => [key, '']))

/** Kind and reason, which are the second and the third of what a letter says. */
const reasonOf = (letter: string) => line(...letter.split('\t').slice(1, 3))

const reasonsOf = (letters: Lines): Lines =>
  new Map(Array.from(letters, ([id, letter]) => [id, reasonOf(letter)]))

function groupsOf(letters: Lines, givenBack: ReadonlySet<string>): Lines {
  const groups = Map.groupBy(letters, ([, letter]) => reasonOf(letter))
  return new Map(
    Array.from(groups, ([reason, its]) => {
      const replayed = its.filter(([id]) => givenBack.has(id)).length
      return [reason, line(its.length - replayed, replayed)]
    }),
  )
}

/** As `continuo dlq list` counts them. */
async function groupsListed({ env }: Place): Promise<[string, string][]> {
  const out = await done(continuo(env, 'dlq', 'list', '--json'))
  const groups = out
    .split('\n')
    .filter((each) => each !== '')
    .map((each) => JSON.parse(each) as Group)
  return groups.map(({ kind, reason, waiting, replayed }) => [line(kind, reason), line(waiting, replayed)])
}

interface Group {
  kind: string
  reason: string
  waiting: number
  replayed: number
}
