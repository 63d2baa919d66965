import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canBeParted, publish } from '../../schemas/k-anonymity.ts'

const artist = (artistId: string, listeners: number, plays = listeners) => ({ artistId, plays, listeners })
const idsOf = ({ rows }: { rows: { artistId: string }[] }) => rows.map(({ artistId }) => artistId)

test('a row is told from k listeners on, its listeners in steps of k, in the order of the rows', () => {
  const told = publish('artist', [artist('a', 9), artist('b', 29, 100), artist('c', 10)], 10)
  assert.deepEqual(told, {
    rows: [artist('b', 20, 100), artist('c', 10)],
    withheld: 1,
    total: undefined,
  })
})

test('of one’s own data everything is told', () => {
  const rows = [artist('a', 1), artist('b', 2)]
  assert.deepEqual(publish('artist', rows, 1, { plays: 3, listeners: 2 }), {
    rows,
    withheld: 0,
    total: { plays: 3, listeners: 2 },
  })
})

test('with a total, the smallest row goes with the only one that is withheld', () => {
  const rows = [artist('a', 30), artist('b', 12), artist('c', 3)]
  const told = publish('artist', rows, 10, { listeners: 40 })
  assert.deepEqual([idsOf(told), told.withheld, told.total], [['a'], 2, { listeners: 40 }])
  assert.deepEqual(idsOf(publish('artist', rows, 10)), ['a', 'b'])
})

test('a listener who is in several rows that are withheld counts once', () => {
  const rows = [artist('a', 30), ...Array.from({ length: 9 }, (_, i) => artist(`alone-${i}`, 2))]
  assert.deepEqual(idsOf(publish('artist', rows, 10, { listeners: 32 })), [])
  assert.deepEqual(idsOf(publish('artist', rows, 10, { listeners: 40 })), ['a'])
})

test('a total of fewer than k is not told', () => {
  assert.equal(publish('minute', [{ start: 0, listeners: 3 }], 10, { listeners: 3 }).total, undefined)
})

test('of a part of a row and of what it leaves are enough listeners, or none', () => {
  for (const [part, rest] of [
    [0, 12],
    [12, 0],
    [10, 10],
    [0, 0],
  ] as const)
    assert.ok(canBeParted(part, rest, 10))
  for (const [part, rest] of [
    [1, 12],
    [12, 9],
  ] as const)
    assert.ok(!canBeParted(part, rest, 10))
  assert.ok(canBeParted(1, 1, 1))
})

test('rows of a second dimension are refused', () => {
  const rows = [artist('a', 30), artist('a', 20)]
  assert.throws(() => publish('artist', rows, 10), /by artist: a artistId has several rows/)
  // @ts-expect-error a field that is no figure is another dimension
  publish('artist', [{ artistId: 'a', country: 'DE', listeners: 30 }], 10)
  // @ts-expect-error one breakdown at a time
  assert.throws(() => publish(['artist', 'minute'], rows, 10))
  // @ts-expect-error how many listeners are in it must be known
  publish('artist', [{ artistId: 'a', plays: 30 }], 10)
})

/** Who is in each row, a bit a listener: few of them, so that rows overlap and come near k. */
const somebody = fc.integer({ min: 1, max: 2 ** 12 - 1 })
const sizeOf = (who: number): number => who.toString(2).replaceAll('0', '').length
const all = (whos: readonly number[]) => whos.reduce((sum, who) => sum | who, 0)

test('nothing that can be added up or subtracted is of fewer than k listeners', () => {
  fc.assert(
    fc.property(fc.array(somebody, { maxLength: 6 }), fc.integer({ min: 1, max: 6 }), (whos, k) => {
      const rows = whos.map((who, at) => artist(String(at), sizeOf(who)))
      const { rows: shown, total, withheld } = publish('artist', rows, k, { listeners: sizeOf(all(whos)) })
      const told = new Set(shown.map(({ artistId }) => Number(artistId)))
      assert.equal(withheld, rows.length - told.size)
      for (const figure of [...shown, ...(total ? [total] : [])]) assert.equal(figure.listeners % k, 0)
      for (const group of groupsOf(whos, told, total !== undefined))
        assert.ok(group === 0 || sizeOf(group) >= k, `${sizeOf(group)} listeners can be told`)
    }),
    { numRuns: 2_000 },
  )
})

/** Every group whose figures follow from what is told, tried out: sums of rows that are, and the total without some of them. */
function groupsOf(whos: number[], told: Set<number>, total: boolean): number[] {
  const subsets = Array.from({ length: 2 ** whos.length }, (_, bits) =>
    whos.map((_, at) => at).filter((at) => (bits >> at) & 1),
  ).filter((rows) => rows.every((at) => told.has(at)))
  return subsets.flatMap((rows) => {
    const without = whos.filter((_, at) => !rows.includes(at))
    return [all(rows.map((at) => whos[at]!)), ...(total ? [all(without)] : [])]
  })
}

test('no row is withheld without need: at most one that has k listeners', () => {
  fc.assert(
    fc.property(fc.array(somebody, { maxLength: 6 }), fc.integer({ min: 1, max: 6 }), (whos, k) => {
      const rows = whos.map((who, at) => artist(String(at), sizeOf(who)))
      const few = rows.filter(({ listeners }) => listeners < k).length
      const { withheld } = publish('artist', rows, k, { listeners: sizeOf(all(whos)) })
      assert.ok(withheld === few || (few > 0 && withheld === few + 1))
    }),
  )
})
