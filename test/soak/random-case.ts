import type { Case, CaseRow, Kind, Operator, Side, TimedOperator } from './cases.ts'

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws from one sequence of random numbers. */
class Dice {
  readonly #next: () => number

  constructor(seed: number) {
    this.#next = randomNumbers(seed)
  }

  /** A whole number, both ends included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.#next() * (max - min + 1))
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)]!
  }

  chance(probability: number): boolean {
    return this.#next() < probability
  }
}

/**
 * A random operator of this kind and a stream for it: a few keys, rows in disorder, late, at equal times, and very often
 * exactly where something begins, ends or closes, or a millisecond beside it.
 */
export function randomCase(kind: Kind, seed: number): Case {
  const dice = new Dice(seed)
  const operator = randomOperator(kind, dice)
  return { operator, rows: randomRows(operator, dice) }
}

function randomOperator(kind: Kind, dice: Dice): Operator {
  const unit = dice.oneOf([1, 1, 5, 1_000])
  const length = (min: number, max: number) => unit * dice.between(min, max)
  switch (kind) {
    case 'tumbling':
      return { kind, size: length(1, 12), grace: length(0, 10) }
    case 'hopping': {
      const advance = length(1, 6)
      const size = dice.chance(0.7) ? advance * dice.between(1, 5) : advance + length(0, 20)
      return { kind, size, advance, grace: length(0, 10) }
    }
    case 'sliding':
      // Kafka Streams breaks at a difference of 0, and a grace of 0 is refused here.
      return { kind, difference: length(1, 12), grace: length(1, 12) }
    case 'session':
      return { kind, gap: length(1, 10), grace: length(0, 10) }
    case 'join-inner':
    case 'join-left':
    case 'join-outer':
      return { kind, within: length(0, 10), grace: length(0, 10) }
    default:
      return { kind }
  }
}

/** The distances at which something happens: what a row is worth trying at, seen from stream time or another row. */
function distances(operator: Operator): number[] {
  if (!('grace' in operator)) return [0, 1, 2, 10]
  const { grace } = operator
  return [
    0,
    grace,
    ...lengthsOf(operator).flatMap((each) => [each, each + grace, 2 * each, 2 * each + grace]),
  ]
}

function lengthsOf(operator: TimedOperator): number[] {
  switch (operator.kind) {
    case 'tumbling':
      return [operator.size]
    case 'hopping':
      return [operator.size, operator.advance]
    case 'sliding':
      return [operator.difference]
    case 'session':
      return [operator.gap]
    case 'join-inner':
    case 'join-left':
    case 'join-outer':
      return [operator.within]
  }
}

function randomRows(operator: Operator, dice: Dice): CaseRow[] {
  const length = ('grace' in operator ? lengthsOf(operator)[0] : undefined) || 1
  const edges = distances(operator)
  const keys = ['k', 'k1', 'l', 'é'].slice(0, dice.between(1, 4))
  const { sides, tables } = sidesOf(operator)
  const disorder = dice.oneOf([0.2, 0.5, 0.8])
  const rows: CaseRow[] = []
  // Now and then from 1970 itself, where windows would begin before it.
  let streamTime = dice.oneOf([0, 100 * length, 100 * length + 1, 1_700_000_000_000, 1_699_999_999_999])
  for (let count = dice.between(1, 50), index = 0; index < count; index++) {
    const time = Math.max(0, randomTime())
    streamTime = Math.max(streamTime, time)
    const side = dice.oneOf(sides)
    const isDeletion = tables.includes(side) && dice.chance(0.3)
    rows.push({ side, key: dice.oneOf(keys), time, value: isDeletion ? null : index })
  }
  return rows

  function randomTime(): number {
    if (!dice.chance(disorder)) return streamTime + dice.between(0, Math.ceil(length / 2))
    const beside = dice.oneOf([0, 0, 0, 0, -1, 1])
    const from = rows.length > 0 && dice.chance(0.4) ? dice.oneOf(rows).time : streamTime
    const distance = dice.oneOf(edges)
    if (dice.chance(0.15)) return Math.floor((from - distance) / length) * length + beside
    return (dice.chance(0.8) ? from - distance : from + distance) + beside
  }
}

function sidesOf({ kind }: Operator): { sides: readonly Side[]; tables: readonly Side[] } {
  if (kind.startsWith('table-table')) return { sides: ['l', 'r'], tables: ['l', 'r'] }
  if (kind.startsWith('stream-table')) return { sides: ['l', 'r'], tables: ['r'] }
  return { sides: kind.startsWith('join') ? ['l', 'r'] : ['l'], tables: [] }
}
