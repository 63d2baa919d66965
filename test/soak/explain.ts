import { isDeepStrictEqual } from 'node:util'
import { type Answers, comparable } from './answers.ts'
import type { Case } from './cases.ts'
import { type Edge, type Edges, allEdges, edges, noEdges } from './models/edges.ts'
import { model } from './models/model.ts'

/** What came of one case. */
export type Verdict =
  | { readonly kind: 'equal' }
  /** We differ where Kafka Streams follows these rules of its own: no fewer would do. */
  | { readonly kind: 'explained'; readonly by: readonly Edge[] }
  | { readonly kind: 'unexplained'; readonly why: string }

/**
 * Compares the answers to one case, row by row in the order in which they were given. Each side must be as its model has it to
 * the letter, so that every difference between the two is one between the models: the rules that these are given.
 */
export function explain(each: Case, ours: Answers, theirs: Answers): Verdict {
  const [our, their] = [comparable(each, ours), comparable(each, theirs)]
  const modelled = (some: Edges) => comparable(each, model(each, some))
  if (!isDeepStrictEqual(our, modelled(noEdges)))
    return { kind: 'unexplained', why: 'This engine does not answer as its model does.' }
  if (!isDeepStrictEqual(their, modelled(allEdges)))
    return { kind: 'unexplained', why: 'Kafka Streams does not answer as its model does.' }
  if (isDeepStrictEqual(our, their)) return { kind: 'equal' }
  const rules = Object.keys(edges) as Edge[]
  const by = subsets(rules).find((some) => isDeepStrictEqual(their, modelled(new Set(some))))
  return { kind: 'explained', by: by ?? rules }
}

/** The smallest first. */
function subsets<T>(all: readonly T[]): T[][] {
  return all
    .reduce<T[][]>((found, each) => [...found, ...found.map((some) => [...some, each])], [[]])
    .sort((a, b) => a.length - b.length)
}
