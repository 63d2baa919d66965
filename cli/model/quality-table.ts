import type { Quality } from '../../pipelines/model/metrics.ts'
import { columns } from '../status/text.ts'

/** How good lists are, a row for each way to make them. */
export const qualityTable = (rows: Readonly<Record<string, Quality>>): string =>
  columns(
    ['', 'NDCG@10', 'recall@20', 'MRR'],
    Object.entries(rows).map(([name, quality]) => [name, ...cellsOf(quality)]),
  ).join('\n')

/** NDCG@10, recall@20 and MRR. */
export const cellsOf = ({ ndcgAt10, recallAt20, mrr }: Quality): string[] =>
  [ndcgAt10, recallAt20, mrr].map((figure) => figure.toFixed(4))
