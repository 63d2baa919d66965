import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { signature } from '../artifact/onnx.ts'

interface Question {
  vector: Float64Array
  masked: Iterable<number>
  answer: PromiseWithResolvers<Float32Array>
}

/** More listeners at a time make each cheaper; but their scores have to lie in memory together. */
const MOST_AT_A_TIME = 64

/**
 * Scores that are asked for while others are computed wait, and are computed together: so there is one at a time when few are asked for, and
 * as many as there are when many are, by themselves.
 */
export class Batches {
  readonly #session: InferenceSession
  readonly #factors: number
  readonly #artists: number
  readonly #waiting: Question[] = []
  #running = false

  constructor(session: InferenceSession, { factors, artists }: { factors: number; artists: number }) {
    this.#session = session
    this.#factors = factors
    this.#artists = artists
  }

  /** The score of each artist for a listener; −∞ for those that are masked. */
  scores(vector: Float64Array, masked: Iterable<number>): Promise<Float32Array> {
    const answer = Promise.withResolvers<Float32Array>()
    this.#waiting.push({ vector, masked, answer })
    if (!this.#running) void this.#run()
    return answer.promise
  }

  /** Never rejects: what goes wrong is told to those who have asked. */
  async #run(): Promise<void> {
    this.#running = true
    // Whoever asks in the same turn goes with the first.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_AT_A_TIME)
      try {
        const scores = await this.#computed(batch)
        for (const [index, { answer }] of batch.entries())
          answer.resolve(scores.subarray(index * this.#artists, (index + 1) * this.#artists))
      } catch (error) {
        for (const { answer } of batch) answer.reject(error)
      }
    }
    this.#running = false
  }

  async #computed(batch: readonly Question[]): Promise<Float32Array> {
    const listener = new Float32Array(batch.length * this.#factors)
    const mask = new Uint8Array(batch.length * this.#artists)
    for (const [index, { vector, masked }] of batch.entries()) {
      listener.set(vector, index * this.#factors)
      for (const artist of masked) mask[index * this.#artists + artist] = 1
    }
    const { scores } = await this.#session.run(
      {
        [signature.listener]: new Tensor('float32', listener, [batch.length, this.#factors]),
        [signature.mask]: new Tensor('bool', mask, [batch.length, this.#artists]),
      },
      [signature.scores],
    )
    return scores!.data as Float32Array
  }
}
