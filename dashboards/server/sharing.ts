import { LRUCache } from 'lru-cache'

/** How long one answer serves all who ask: many screens must not mean many queries. */
const SHARED_FOR_MS = 1_000

/** Asks for each number at most once at a time; those who ask for the same at about the same time share one answer. */
export function sharing<Answer extends object>(
  ask: (many: number) => Promise<Answer>,
): (many: number) => Promise<Answer> {
  const cache = new LRUCache<number, Answer>({ max: 100, ttl: SHARED_FOR_MS, fetchMethod: ask })
  return (many) => cache.forceFetch(many)
}
