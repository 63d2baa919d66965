import { InferenceSession, Tensor } from 'onnxruntime-node'
import { type ModelMetadata, parseMetadata } from '../artifact/metadata.ts'
import { metadataOf, signature } from '../artifact/onnx.ts'
import { ModelError } from '../errors.ts'
import { confidenceOf } from '../ials/confidence.ts'
import { FoldIn, type Fixed } from '../ials/fold-in.ts'
import { type Matrix, diagonalise, zeros } from '../ials/matrix.ts'
import { Reasons } from '../ials/reasons.ts'
import type { SparseRow } from '../interactions.ts'
import { Batches } from './batches.ts'
import { type GraphShape, requireSignature } from './require-signature.ts'

/** A listener as the model sees one. */
export interface FoldedIn {
  /** As the graph takes it: zeros if the model knows none of what the listener has played. */
  vector: Float64Array
  /** Artists that the listener has played and the model knows, by number, in order. */
  known: Int32Array
  reasons: Reasons
}

/** A model that has been loaded: what is in service, with all that a list is made with. It does not change. */
export class Model {
  readonly version: string
  readonly metadata: ModelMetadata
  readonly #numbers: ReadonlyMap<string, number>
  readonly #fixed: Fixed
  readonly #basis: Float64Array
  readonly #foldIn: FoldIn
  readonly #batches: Batches

  private constructor(version: string, metadata: ModelMetadata, vectors: Matrix, session: InferenceSession) {
    const { gram, basis } = diagonalise(vectors)
    this.version = version
    this.metadata = metadata
    this.#numbers = new Map(metadata.artists.map(({ id }, number) => [id, number]))
    this.#fixed = { vectors, gram }
    this.#basis = basis
    this.#foldIn = new FoldIn(this.#fixed, metadata.foldIn)
    this.#batches = new Batches(session, { factors: vectors.width, artists: vectors.rows })
  }

  /**
   * Loads an artifact, and tries it once.
   * @throws ModelError for what is no ONNX model, whose signature is not ours, which cannot be run, or scores what it must not
   */
  static async load(bytes: Buffer, version: string): Promise<Model> {
    try {
      const metadata = parseMetadata(metadataOf(bytes))
      const session = await openSession(bytes)
      const shape = requireSignature(session, metadata.artists.length)
      const model = new Model(version, metadata, await vectorsOf(session, shape), session)
      await model.#try()
      return model
    } catch (cause) {
      // Whatever goes wrong here does by what it has been given: a runtime's error, a size that no memory has.
      throw new ModelError(`model ${version} cannot be used: ${(cause as Error).message.trim()}`, { cause })
    }
  }

  /** The number of an artist; undefined for one that the model does not know. */
  numberOf(artistId: string): number | undefined {
    return this.#numbers.get(artistId)
  }

  /** Finds the vector of a listener who has played artists so often, by id; those that the model does not know are skipped. */
  foldIn(played: Iterable<readonly [artistId: string, plays: number]>): FoldedIn {
    const known = this.#cellsOf(played)
    const { width } = this.#fixed.vectors
    const turned = new Float64Array(width)
    this.#foldIn.solve(known, turned)
    const vector = new Float64Array(width)
    for (let row = 0; row < width; row++)
      for (let column = 0; column < width; column++)
        vector[row]! += this.#basis[row * width + column]! * turned[column]!
    const reasons = new Reasons(known, turned, this.#fixed, this.metadata.foldIn)
    return { vector, known: known.columns, reasons }
  }

  /** The score of each artist by number; −∞ for those that are `masked`. */
  scores(vector: Float64Array, masked: Iterable<number>): Promise<Float32Array> {
    return this.#batches.scores(vector, masked)
  }

  #cellsOf(played: Iterable<readonly [artistId: string, plays: number]>): SparseRow {
    const cells: { number: number; confidence: number }[] = []
    for (const [artistId, plays] of played) {
      const number = this.numberOf(artistId)
      if (number !== undefined)
        cells.push({ number, confidence: confidenceOf(plays, this.metadata.foldIn.typical) })
    }
    cells.sort((one, other) => one.number - other.number)
    return {
      columns: Int32Array.from(cells, ({ number }) => number),
      values: Float64Array.from(cells, ({ confidence }) => confidence),
    }
  }

  async #try(): Promise<void> {
    const { vector, known } = this.foldIn([[this.metadata.artists[0]!.id, 1]])
    const scores = await this.scores(vector, known)
    if (scores[0] !== -Infinity) throw new ModelError('it scores an artist that is masked')
    if (!scores.subarray(1).every(Number.isFinite))
      throw new ModelError('it gives an artist a score that is no finite number')
  }
}

async function openSession(bytes: Buffer): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 4,
    })
  } catch (cause) {
    throw new ModelError(`ONNX Runtime refuses it: ${(cause as Error).message.trim()}`, { cause })
  }
}

/** The vector of each artist. */
async function vectorsOf(session: InferenceSession, { factors, artists }: GraphShape): Promise<Matrix> {
  const { [signature.factors]: output } = await session.run(
    {
      [signature.listener]: new Tensor('float32', new Float32Array(factors), [1, factors]),
      [signature.mask]: new Tensor('bool', new Uint8Array(artists), [1, artists]),
    },
    [signature.factors],
  )
  const values = output!.data as Float32Array
  if (!values.every(Number.isFinite)) throw new ModelError('its factors are not all finite numbers')
  const vectors = zeros(artists, factors)
  for (let artist = 0; artist < artists; artist++)
    for (let factor = 0; factor < factors; factor++)
      vectors.values[artist * factors + factor] = values[factor * artists + artist]!
  return vectors
}
