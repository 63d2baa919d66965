import { NewTopologyError } from './errors.ts'

/** Fields of a clean play by which plays can be counted, each with the word for what rows are spread by then. */
export const countable = {
  trackId: 'track',
  artistId: 'artist',
  platform: 'platform',
  source: 'source',
} as const

export type Countable = keyof typeof countable

/** Everything that a new topology's name decides, for a topology `track-hours`: */
export interface Names {
  /** `track-hours` */
  name: string
  /** `trackHours` */
  camel: string
  /** `TrackHours` */
  pascal: string
  /** `trackId` */
  by: Countable
  /** `track` */
  word: string
}

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
/** With more, lines of the files would be wider than the formatter has them. */
const LONGEST = 30

/** What JavaScript keeps for itself, and what the written files use. */
const taken = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof undefined var void while with yield ' +
    'assert at buffer combine count drive fold foldWindow hours kafka keyBy latePlay minutes play read route test topics ' +
    'topology tumbling'
  ).split(' '),
)

/** @throws NewTopologyError for a name that is not kebab-case, too long, or means something else already. */
export function namesFor(name: string, by: Countable): Names {
  if (!KEBAB.test(name))
    throw new NewTopologyError(
      `"${name}" cannot name a topology: metrics, topics and files bear the name, so write it in kebab-case, like track-hours`,
    )
  if (name.length > LONGEST)
    throw new NewTopologyError(
      `${name} has ${name.length} characters: give a name of ${LONGEST} at most, topics and types are called after it`,
    )
  const camel = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  if (taken.has(camel))
    throw new NewTopologyError(
      `${camel} means something else in the files to be written: choose another name`,
    )
  return { name, camel, pascal: camel.charAt(0).toUpperCase() + camel.slice(1), by, word: countable[by] }
}
