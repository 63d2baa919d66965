import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answers, comparable, noAnswers } from './answers.ts'
import { type Case, type Kind, kinds } from './cases.ts'
import { explain } from './explain.ts'
import { type Edge, allEdges, edges, noEdges } from './models/edges.ts'
import { model } from './models/model.ts'
import { ours } from './ours.ts'
import { randomCase } from './random-case.ts'
import { shrink } from './shrink.ts'
import { vectors } from './vectors.ts'

const casesOf = (kind: Kind, count: number) =>
  Array.from({ length: count }, (_, index) => randomCase(kind, 1_000 + index))

/** Rows of one key at these times. */
const sessionOf = (times: readonly number[]): Case => ({
  operator: { kind: 'session', gap: 10, grace: 5 },
  rows: times.map((time, index) => ({ side: 'l', key: 'k', time, value: index })),
})

for (const { each, answers } of vectors()) {
  test(`the model answers as Kafka Streams has: ${each.operator.kind}`, () => {
    const found = model(each, allEdges)
    assert.deepEqual({ ...found, ...answers }, found)
  })
}

for (const kind of kinds) {
  test(`this engine answers random streams as the model does: ${kind}`, async () => {
    for (const each of casesOf(kind, 25))
      assert.deepEqual(comparable(each, await ours(each)), comparable(each, model(each, noEdges)))
  })
}

test('a seed stands for one stream', () => {
  for (const kind of kinds) {
    assert.deepEqual(randomCase(kind, 7), randomCase(kind, 7))
    assert.notDeepEqual(randomCase(kind, 7), randomCase(kind, 8))
  }
})

test('random streams come upon every rule by which Kafka Streams differs', () => {
  const cases = kinds.flatMap((kind) => casesOf(kind, 200))
  for (const edge of Object.keys(edges) as Edge[]) {
    const touched = cases.filter((each) => {
      const [one, other] = [model(each, new Set([edge])), model(each, noEdges)]
      return JSON.stringify(one) !== JSON.stringify(other)
    })
    assert.ok(touched.length >= 5, `${edge}: ${touched.length} of ${cases.length}`)
  }
})

/*
 *   time        10   25                 gap 10, grace 5: [10, 10] closes at 25
 *   there             [10, 10] is emitted, refuses nothing yet
 *               10                      a new [10, 10], emitted at once
 *   here                                late
 */
test('a difference is explained by the rule that it follows from', () => {
  const each = sessionOf([10, 25, 10])
  const [our, their] = [model(each, noEdges), model(each, allEdges)]
  assert.deepEqual(our.final, ['1 k 10 10 1 0 10'])
  assert.deepEqual(their.final, ['1 k 10 10 1 0 10', '2 k 10 10 1 2 10'])
  assert.deepEqual(explain(each, our, their), { kind: 'explained', by: ['closing-equal'] })
})

test('answers that are as the models have them are compared, all others unexplained', () => {
  const each = sessionOf([10, 12, 40])
  const right = model(each, noEdges)
  const wrong: Answers = { ...right, final: right.final.map((line) => line.replace(/\d+$/, '0')) }
  assert.deepEqual(explain(each, right, right), { kind: 'equal' })
  assert.equal(explain(each, wrong, right).kind, 'unexplained')
  assert.equal(explain(each, right, wrong).kind, 'unexplained')
  // Not even the same error on both sides.
  assert.equal(explain(each, wrong, wrong).kind, 'unexplained')
  assert.equal(explain(each, noAnswers(), right).kind, 'unexplained')
})

test('a failing stream is made so small that each row left is needed', async () => {
  const each = sessionOf(Array.from({ length: 40 }, (_, index) => index))
  const smallest = await shrink(each, async ({ rows }) => {
    const times = rows.map(({ time }) => time)
    return times.includes(3) && times.includes(31) && times.includes(32)
  })
  assert.deepEqual(
    smallest.rows.map(({ time }) => time),
    [3, 31, 32],
  )
})
