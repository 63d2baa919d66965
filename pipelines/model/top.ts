import { Heap } from '../engine/heap.ts'

/**
 * The numbers of the `count` highest scores, best first; of equal ones the lower number first. What has no score, `-Infinity`, is left out.
 * Only those that are still in are kept, the worst of them on top: of 17,632 scores some hundred are ever moved.
 */
export function topOf(scores: Float32Array | Float64Array, count: number): number[] {
  const isWorse = (one: number, other: number) =>
    scores[one]! < scores[other]! || (scores[one] === scores[other] && one > other)
  const kept = new Heap(isWorse)
  let size = 0
  /** What one has to be better than: of equals those before it are. */
  let worst = -Infinity
  for (let number = 0; number < scores.length; number++) {
    if (!(scores[number]! > worst)) continue
    if (size === count) kept.removeFirst()
    else size += 1
    kept.add(number)
    if (size === count) worst = scores[kept.first!]!
  }
  const worstFirst = Array.from({ length: size }, () => {
    const first = kept.first!
    kept.removeFirst()
    return first
  })
  return worstFirst.reverse()
}
