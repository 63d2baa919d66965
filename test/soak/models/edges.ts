/** Where Kafka Streams and this engine are known to differ, each by one rule. A model follows Kafka Streams in those it is given. */
export const edges = {
  'before-1970':
    'no window begins before 1970 there: a row of the first moments is in fewer windows, and sliding ones share [0, difference]',
  'closing-equal':
    'at the very moment of closing a sliding window or session is emitted there, still takes rows, and is emitted again',
  'alone-at-once':
    'a row that comes when stream time is past its time and `within` does not wait for the grace there: it is alone at once',
  'alone-then-joined': 'a row that came out alone is still found by partners there: `x,` and `x,y` both',
  'alone-delayed':
    'rows without a partner are looked for there only when the last one seen in the previous search is due',
  'within-0':
    'within 0 ms a row is forgotten there while it may still wait for partners, here a millisecond later, when it does not',
  'null-without-result':
    'a join of tables forwards null there for a deletion that changes nothing; here only where there was a result',
} as const

export type Edge = keyof typeof edges

export type Edges = ReadonlySet<Edge>

/** As Kafka Streams does it. */
export const allEdges: Edges = new Set(Object.keys(edges) as Edge[])

/** As this engine does it. */
export const noEdges: Edges = new Set()
