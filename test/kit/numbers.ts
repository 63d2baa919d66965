/** Marsaglia's xorshift: the same whole numbers from 0 to below `limit` in every run with this seed, which is not 0. */
export function numbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}
