import type { RecommendedArtist } from '../../../schemas/events.ts'
import type { Reasons } from '../ials/reasons.ts'
import type { Model } from '../serve/model.ts'
import { topOf } from '../top.ts'
import type { Rules } from './rules.ts'
import { type Taste, type Tastes, playsOf } from './tastes.ts'

const DAY_MS = 24 * 3_600_000
/** An artist heard so lately needs no recommendation. */
const HEARD_LATELY_MS = 7 * DAY_MS
/** Whoever has been skipped is left in peace for so long. */
const SKIPPED_LATELY_MS = 30 * DAY_MS
/** Artists of a list. */
export const LIST_LENGTH = 10
/** So many of them at most come from one artist that the listener has played, while others have any. */
const MOST_FOR_ONE = 3
/** So many times as many as a list has are looked at for one that is diverse. */
const CANDIDATES = 5

/**
 * What a listener is recommended, best first: whom the model scores above 0, then who is popular in the listener's country. Nobody who is
 * blocked, was heard lately, or was skipped. It is a function of what it is given, and of nothing else.
 */
export async function makeList(tastes: Tastes, model: Model, rules: Rules): Promise<RecommendedArtist[]> {
  const { asOf } = tastes
  const played = tastes.artists
    .map((taste): [string, number] => [taste.artistId, playsOf(taste, asOf)])
    .filter(([, plays]) => plays > 0)
  const masked = maskedFor(tastes, model, rules)
  const { vector, known, reasons } = model.foldIn(played)
  // Of whom nothing is known that the model knows, there is nothing to score.
  const chosen =
    known.length === 0 ? [] : diverse(candidates(await model.scores(vector, masked), known, reasons))
  const taken = new Set([...masked, ...chosen.map(({ artist }) => artist)])
  const popular = popularIn(tastes.country, model).filter((artist) => !taken.has(artist))
  const all: Candidate[] = [...chosen, ...popular.map((artist) => ({ artist, score: 0 }))]
  const tasteOf = new Map(tastes.artists.map((taste) => [taste.artistId, taste]))
  return all.slice(0, LIST_LENGTH).map((candidate) => recommended(candidate, model, tasteOf))
}

interface Candidate {
  /** By number. */
  artist: number
  score: number
  /** Whom the listener has played. */
  because?: number
}

function maskedFor({ artists, blocked, country, asOf }: Tastes, model: Model, rules: Rules): Set<number> {
  const isLately = (at: number | null, lengthMs: number) => at !== null && at > asOf - lengthMs
  const ids = [
    ...blocked,
    ...rules.blocked,
    ...(rules.blockedIn[country ?? ''] ?? []),
    ...artists
      .filter(
        ({ heardAt, skippedAt }) =>
          isLately(heardAt, HEARD_LATELY_MS) || isLately(skippedAt, SKIPPED_LATELY_MS),
      )
      .map(({ artistId }) => artistId),
  ]
  return new Set(ids.flatMap((id) => model.numberOf(id) ?? []))
}

/** Whom the model scores above 0, best first, each with its reason. Changes `scores`. */
function* candidates(scores: Float32Array, known: Int32Array, reasons: Reasons): Generator<Candidate> {
  // That somebody has played an artist is no reason to recommend that one: what the others say of it counts.
  for (const [cell, artist] of known.entries()) scores[artist]! -= reasons.partOf(artist, cell)
  for (const artist of topOf(scores, LIST_LENGTH * CANDIDATES)) {
    const [score, because] = [scores[artist]!, reasons.strongestFor(artist)]
    if (score > 0 && because !== undefined) yield { artist, score, because }
  }
}

/** The best, few of them for one reason; where that leaves room, the rest in their order. It looks no further than the list is long. */
function diverse(candidates: Iterable<Candidate>): Candidate[] {
  const times = new Map<number | undefined, number>()
  const [first, rest]: [Candidate[], Candidate[]] = [[], []]
  for (const candidate of candidates) {
    const before = times.get(candidate.because) ?? 0
    times.set(candidate.because, before + 1)
    if (before < MOST_FOR_ONE) first.push(candidate)
    else rest.push(candidate)
    if (first.length === LIST_LENGTH) break
  }
  return [...first, ...rest].slice(0, LIST_LENGTH)
}

const popularIn = (country: string | null, { metadata: { popular } }: Model): readonly number[] =>
  popular[country ?? ''] ?? popular['']!

function recommended(
  { artist, score, because }: Candidate,
  { metadata: { artists } }: Model,
  tasteOf: ReadonlyMap<string, Taste>,
): RecommendedArtist {
  const nameOf = (number: number) => artists[number]!.name ?? artists[number]!.id
  const { id } = artists[artist]!
  if (because === undefined)
    return {
      artistId: id,
      artistName: nameOf(artist),
      score,
      reason: 'popular',
      becauseArtistId: null,
      becauseArtistName: null,
    }
  const taste = tasteOf.get(artists[because]!.id)
  return {
    artistId: id,
    artistName: nameOf(artist),
    score,
    reason: taste?.liked === true ? 'liked' : 'played',
    becauseArtistId: artists[because]!.id,
    becauseArtistName: taste?.artistName ?? nameOf(because),
  }
}
