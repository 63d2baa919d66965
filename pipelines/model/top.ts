/**
 * The numbers of the `count` highest scores, best first; of equal ones the lower number first. What has no score, `-Infinity`, is left out.
 * A heap whose root is the worst that is still in: of 17,632 scores some hundred are ever moved.
 */
export function topOf(scores: Float64Array, count: number): number[] {
  const heap: number[] = []
  const isWorse = (one: number, other: number) =>
    scores[one]! < scores[other]! || (scores[one] === scores[other] && one > other)
  const sink = (from: number) => {
    for (let parent = from; ;) {
      let worst = parent
      for (const child of [2 * parent + 1, 2 * parent + 2])
        if (child < heap.length && isWorse(heap[child]!, heap[worst]!)) worst = child
      if (worst === parent) return
      const moved = heap[parent]!
      heap[parent] = heap[worst]!
      heap[worst] = moved
      parent = worst
    }
  }
  for (let number = 0; number < scores.length; number++) {
    if (scores[number] === -Infinity) continue
    if (heap.length < count) {
      heap.push(number)
      if (heap.length === count) for (let at = count >> 1; at >= 0; at--) sink(at)
    } else if (isWorse(heap[0]!, number)) {
      heap[0] = number
      sink(0)
    }
  }
  return heap.sort((one, other) => (isWorse(one, other) ? 1 : -1))
}
