/** How good lists are that should name what a listener has gone on to: each is 0 to 1, and a mean over listeners with equal weight. */
export interface Quality {
  /** Σ 1 / log₂(rank + 1) over the hits of the first ten ranks, by the same over as many ranks as there could be hits (Järvelin 2002). */
  ndcgAt10: number
  /** Which part of what is relevant is in the first twenty. */
  recallAt20: number
  /** 1 / rank of the first hit within {@link RANKS}, else 0. */
  mrr: number
}

/** How good lists are for listeners that a model has not seen, as means. */
export interface HeldOutQuality {
  listeners: number
  model: Quality
  /** Of the list that is the same for all: what is popular everywhere. */
  popularity: Quality
}

const NDCG_RANKS = 10
const RECALL_RANKS = 20
/** The deepest rank that one of them looks at. */
export const RANKS = 100

/** Of one list, best first, and what is relevant: at least one. */
export function qualityOf<Id>(ranked: readonly Id[], relevant: ReadonlySet<Id>): Quality {
  const hits = ranked.slice(0, RANKS).map((id) => relevant.has(id))
  const gains = hits.slice(0, NDCG_RANKS).map((hit, index) => (hit ? gainAt(index) : 0))
  const most = Array.from({ length: Math.min(NDCG_RANKS, relevant.size) }, (_, index) => gainAt(index))
  const first = hits.indexOf(true)
  return {
    ndcgAt10: sum(gains) / sum(most),
    recallAt20: hits.slice(0, RECALL_RANKS).filter(Boolean).length / relevant.size,
    mrr: first < 0 ? 0 : 1 / (first + 1),
  }
}

/** The mean of at least one list. */
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
