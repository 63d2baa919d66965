/** How good lists are that should name what a listener has gone on to: each is 0 to 1, and averaged over listeners with equal weight. */
export interface Quality {
  /** Hits of the first ten ranks, the sooner the better, against the most that there could be. */
  ndcgAt10: number
  /** Which part of what is relevant is in the first twenty. */
  recallAt20: number
  /** One by the rank of the first hit within the first hundred. */
  mrr: number
}

const NDCG_RANKS = 10
const RECALL_RANKS = 20
const MRR_RANKS = 100

/** Of one list, best first, and what is relevant, which is not nothing. */
export function qualityOf<Id>(ranked: readonly Id[], relevant: ReadonlySet<Id>): Quality {
  const hits = ranked.slice(0, MRR_RANKS).map((id) => relevant.has(id))
  const gains = hits.slice(0, NDCG_RANKS).map((hit, index) => (hit ? gainAt(index) : 0))
  const most = Array.from({ length: Math.min(NDCG_RANKS, relevant.size) }, (_, index) => gainAt(index))
  const first = hits.indexOf(true)
  return {
    ndcgAt10: sum(gains) / sum(most),
    recallAt20: hits.slice(0, RECALL_RANKS).filter(Boolean).length / relevant.size,
    mrr: first < 0 ? 0 : 1 / (first + 1),
  }
}

/** The mean of lists. */
export function meanQuality(all: readonly Quality[]): Quality {
  const mean = (of: (quality: Quality) => number) => sum(all.map(of)) / all.length
  return {
    ndcgAt10: mean(({ ndcgAt10 }) => ndcgAt10),
    recallAt20: mean(({ recallAt20 }) => recallAt20),
    mrr: mean(({ mrr }) => mrr),
  }
}

const gainAt = (index: number): number => 1 / Math.log2(index + 2)
const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0)
