import { minutes, seconds } from '../../../../pipelines/engine/index.ts'
import type { Topic } from '../../../../schemas/topic.ts'
import { numbers } from '../../../kit/numbers.ts'
import { type Heard, type Line, inputs } from './every-operator.ts'

/** A record of an input: null deletes. It is stamped with `at`, ms since 1970, which is also its event time. */
export interface Sent {
  topic: Topic<Heard> | Topic<Line>
  key: string
  value: Heard | Line | null
  at: number
}

const START = Date.UTC(2026, 0, 1, 12)
const ROWS_A_ROUND = 2_000
const STEP_MS = 600
const USERS = Array.from({ length: 12 }, (_, index) => `u${index}`)
const SONGS = Array.from({ length: 6 }, (_, index) => `s${index}`)

const heard = (topic: Topic<Heard>, key: string, id: string, song: string, at: number): Sent => ({
  topic,
  key,
  value: { id, song, at },
  at,
})

const said = (topic: Topic<Line>, key: string, text: string | null, at: number): Sent => ({
  topic,
  key,
  value: text === null ? null : { text },
  at,
})

/** Plays and likes of some twenty minutes: many out of order, some late, some sent twice; and plans that change. */
function busy(round: number): Sent[] {
  const random = numbers(round)
  const oneOf = (names: string[]) => names[random(names.length)]!
  const rows: Sent[] = []
  for (let index = 0; index < ROWS_A_ROUND; index++) {
    const now = START + (round * ROWS_A_ROUND + index) * STEP_MS
    const at = now - (random(20) === 0 ? random(minutes(2)) : random(seconds(8)))
    const id = `${round}.${index}`
    rows.push(heard(inputs.plays, oneOf(USERS), id, oneOf(SONGS), at))
    const again = rows.at(-1 - random(200))
    if (random(15) === 0 && again?.topic === inputs.plays) rows.push(again)
    if (random(3) === 0) rows.push(heard(inputs.likes, oneOf(USERS), `like ${id}`, oneOf(SONGS), at))
    if (random(40) === 0) rows.push(said(inputs.plans, oneOf(USERS), oneOf(['free', 'paid']), now))
    if (random(200) === 0) rows.push(said(inputs.plans, oneOf(USERS), null, now))
  }
  return rows
}

/** Tables first, which songs are looked up in; then plays; then what closes all that is open; then what is too late for it. */
export function rounds(): Sent[][] {
  const later = START + minutes(300)
  const tables = [...SONGS, 'never played'].flatMap((song) => [
    said(inputs.artists, song, `artist of ${song}`, START),
    said(inputs.titles, song, `title of ${song}`, START),
  ])
  const closing = USERS.flatMap((user) =>
    SONGS.map((song) => heard(inputs.plays, user, `closing ${user} ${song}`, song, later)),
  )
  const late = USERS.map((user, index) =>
    heard(inputs.plays, user, `late ${user}`, SONGS[index % 3]!, START + minutes(index)),
  )
  // Of songs that none of the late plays is of: else it would be anybody's guess which comes first.
  const renamed = [
    said(inputs.titles, 's3', 'another title', later),
    said(inputs.titles, 's4', null, later),
    said(inputs.titles, 'never played', null, later),
  ]
  return [tables, busy(1), busy(2), closing, [...late, ...renamed]]
}
