import { JsonForm } from '../../../schemas/json-form.ts'
import { ModelError } from '../errors.ts'
import type { Hyperparameters } from '../ials/fold-in.ts'
import type { HeldOutQuality } from '../metrics.ts'

/** What an artifact says of itself beside its graph. It names no listener. */
export interface ModelMetadata {
  format: typeof FORMAT
  /** ms since 1970. */
  trainedAt: number
  /** By number: the columns of the graph's mask and scores. */
  artists: { id: string; name: string | null }[]
  /** How the vector of a listener is found from what the listener has played. */
  foldIn: Hyperparameters & {
    /** A listener who has played an artist `n` times counts with `log(1 + n) / typical`. */
    typical: number
  }
  /** Numbers of artists by country (ISO 3166-1 alpha-2), most listeners first; `""` is everywhere, and is always there. */
  popular: Record<string, number[]>
  training: {
    /** Where the plays came from, for people. */
    source: string
    /** SHA-256 of what it was trained on. */
    fingerprint: string
    listeners: number
    /** Of a listener and an artist. */
    pairs: number
    factors: number
    sweeps: number
    seed: number
  }
  /** How good it is for listeners that it was not trained on, beside what is popular everywhere; null if there were none. */
  heldOut: HeldOutQuality | null
}

export const FORMAT = 1

const text = { type: 'string' }
const number = { type: 'number' }
const positive = { type: 'number', exclusiveMinimum: 0 }
const whole = { type: 'integer', minimum: 0 }

const record = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
})

const quality = record({ ndcgAt10: number, recallAt20: number, mrr: number })

const form = new JsonForm<ModelMetadata>(
  record({
    format: { const: FORMAT },
    trainedAt: whole,
    artists: {
      type: 'array',
      minItems: 1,
      items: record({ id: { type: 'string', minLength: 1 }, name: { type: ['string', 'null'] } }),
    },
    foldIn: record({ regularisation: positive, unobserved: positive, exponent: number, typical: positive }),
    popular: {
      type: 'object',
      required: [''],
      additionalProperties: { type: 'array', items: whole },
    },
    training: record({
      source: text,
      fingerprint: text,
      listeners: whole,
      pairs: whole,
      factors: whole,
      sweeps: whole,
      seed: whole,
    }),
    heldOut: {
      type: ['object', 'null'],
      required: ['listeners', 'model', 'popularity'],
      properties: { listeners: whole, model: quality, popularity: quality },
    },
  }),
)

/** Reads the metadata of an artifact. @throws ModelError naming what of it is not as it should be */
export function parseMetadata(json: string): ModelMetadata {
  const metadata = parsed(json)
  if (!form.fits(metadata)) throw new ModelError(`its metadata${form.complaint('')}`)
  const { artists, popular } = metadata
  if (new Set(artists.map(({ id }) => id)).size < artists.length)
    throw new ModelError('its metadata/artists has an id twice')
  for (const [country, numbers] of Object.entries(popular))
    if (numbers.some((artist) => artist >= artists.length))
      throw new ModelError(`its metadata/popular/${country} names an artist that it does not have`)
  return metadata
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new ModelError('its metadata is no JSON', { cause })
  }
}
