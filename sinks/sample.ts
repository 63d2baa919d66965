/** How many values a step carries. */
export const SAMPLE_SIZE = 16

/** Some values of a stream, however long: at most 2 × {@link SAMPLE_SIZE}, evenly spread from its first on. */
export class Sample {
  #values: number[] = []
  #seen = 0
  /** One of so many values is kept. */
  #distance = 1

  add(value: number): void {
    if (this.#seen++ % this.#distance !== 0) return
    if (this.#values.length === 2 * SAMPLE_SIZE) {
      this.#values = this.#values.filter((_, i) => i % 2 === 0)
      this.#distance *= 2
    }
    this.#values.push(value)
  }

  /** Takes the values away; the next one begins a new stream. */
  take(): number[] {
    const values = this.#values
    this.#values = []
    this.#seen = 0
    this.#distance = 1
    return values
  }
}

/** At most `count` of the values, evenly spread, the first and the last among them. */
export function evenly<V>(values: readonly V[], count: number): V[] {
  if (values.length <= count) return [...values]
  const distance = (values.length - 1) / (count - 1)
  return Array.from({ length: count }, (_, i) => values[Math.round(i * distance)]!)
}
