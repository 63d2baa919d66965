import { hash } from 'node:crypto'
import { withCpuSeconds } from '../cpu-seconds.ts'
import { isHeldOut, qualityForHeldOut } from '../held-out.ts'
import { type TrainingOptions, train } from '../ials/train.ts'
import { type Interactions, type Listening, interactionsOf } from '../interactions.ts'
import { Model } from '../serve/model.ts'
import { FORMAT, type ModelMetadata } from './metadata.ts'
import { encodeOnnx } from './onnx.ts'

/** What a model is trained on. */
export interface TrainingPlays {
  /** Where they came from, for people. */
  source: string
  /** Each pair once. */
  listenings: readonly Listening[]
  /** The newest name of an artist, by id, where it is known. */
  names: ReadonlyMap<string, string>
  /** Ids of artists by country, most listeners first. */
  popular: ReadonlyMap<string, readonly string[]>
}

export interface Artifact {
  /** When it was trained, and of what bytes it is: `20261129T024512Z-3fa94c1e`. */
  version: string
  /** An ONNX file. */
  bytes: Buffer
  sha256: string
  metadata: ModelMetadata
  /** Which the training took. */
  cpuSeconds: number
}

/** So many popular artists are kept of a country: a list with rules has still enough to choose from. */
const POPULAR = 500

/**
 * Trains a model of all but the listeners that are held out, and measures it on those. The same plays, options and time make the same bytes.
 * @param now ms since 1970
 */
export async function makeArtifact(
  plays: TrainingPlays,
  { now, ...options }: TrainingOptions & { now: number },
): Promise<Artifact> {
  const interactions = interactionsOf(plays.listenings.filter((row) => !isHeldOut(row)))
  const { result, cpuSeconds } = await withCpuSeconds(() => train(interactions, options))
  const { artists, typical } = result
  const { factors, sweeps, seed, regularisation, unobserved, exponent } = options
  const metadata: ModelMetadata = {
    format: FORMAT,
    trainedAt: now,
    artists: interactions.artists.map((id) => ({ id, name: plays.names.get(id) ?? null })),
    foldIn: { regularisation, unobserved, exponent, typical },
    popular: popularOf(interactions, plays.popular),
    training: {
      source: plays.source,
      fingerprint: fingerprintOf(plays.listenings),
      listeners: interactions.listeners.length,
      pairs: interactions.byListener.values.length,
      factors,
      sweeps,
      seed,
    },
    heldOut: null,
  }
  const untried = await Model.load(encodeOnnx(artists, JSON.stringify(metadata)), 'just trained')
  metadata.heldOut = await qualityForHeldOut(untried, plays.listenings)
  const bytes = encodeOnnx(artists, JSON.stringify(metadata))
  const sha256 = hash('sha256', bytes)
  return { version: versionOf(sha256, now), bytes, sha256, metadata, cpuSeconds }
}

/** Numbers of artists, as {@link ModelMetadata.popular} has them. */
function popularOf(
  { artists, byArtist: { starts } }: Interactions,
  byCountry: TrainingPlays['popular'],
): Record<string, number[]> {
  const listeners = (artist: number) => starts[artist + 1]! - starts[artist]!
  const numbers = new Map(artists.map((id, number) => [id, number]))
  const everywhere = [...artists.keys()].sort((one, other) => listeners(other) - listeners(one))
  const countries = Array.from(byCountry, ([country, ids]): [string, number[]] => [
    country,
    ids.flatMap((id) => numbers.get(id) ?? []).slice(0, POPULAR),
  ])
  return Object.fromEntries([['', everywhere.slice(0, POPULAR)], ...countries])
}

/** SHA-256 of the lines `listener,artist,plays` in the order of their text. */
const fingerprintOf = (listenings: readonly Listening[]): string =>
  hash(
    'sha256',
    listenings
      .map(({ listener, artist, plays }) => `${listener},${artist},${plays}\n`)
      .sort()
      .join(''),
  )

function versionOf(sha256: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/\.\d+|[-:]/g, '')
  return `${stamp}-${sha256.slice(0, 8)}`
}
