import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RememberedRows } from '../../../../pipelines/engine/joins/remembered-rows.ts'
import { type Pair, StreamJoin, joinTimes } from '../../../../pipelines/engine/joins/stream-join.ts'
import { avroState } from '../../../../pipelines/engine/store-codec.ts'
import { noRecord } from '../../../../pipelines/engine/task-work.ts'

const origin = noRecord('t', 0, 0)

/** Values are not stored here. */
const noRows = () => new RememberedRows<unknown>(avroState('null'), joinTimes({ within: 30, grace: 10 }))

const idsIn = (rows: RememberedRows<unknown>) => Array.from(rows.entries(), ([id]) => id).sort()

const clockAt = (time: number) => ({
  time,
  get carried(): number {
    return this.time
  },
  observe: () => undefined,
})

test('what can find no partner any more is deleted: rows alone when they come out, the others when they are forgotten', () => {
  const sides = { left: noRows(), right: noRows() }
  const rules = { kind: 'outer', within: 30, grace: 10, timeSemantics: 'task' } as const
  const join = new StreamJoin({ ...rules, joined: () => undefined, late: () => undefined }, sides)
  const clock = clockAt(-Infinity)
  const take = (side: 'left' | 'right', key: string, time: number) => {
    if (time > clock.time) {
      clock.time = time
      join.advance(time, origin)
    }
    join.take(side, { key, time, value: time, origin }, clock)
    return [idsIn(sides.left), idsIn(sides.right)]
  }
  assert.deepEqual(take('left', 'alone', 0), [['0:0:alone'], []])
  assert.deepEqual(take('left', 'a', 1), [['0:0:alone', '1:0:a'], []])
  assert.deepEqual(take('right', 'a', 2), [['0:0:alone', '1:0:a'], ['2:0:a']])
  assert.deepEqual(take('right', 'a', 41), [['1:0:a'], ['2:0:a', '41:0:a']])
  assert.deepEqual(take('right', 'a', 70), [['1:0:a'], ['2:0:a', '41:0:a', '70:0:a']])
  assert.deepEqual(take('right', 'a', 71), [[], ['2:0:a', '41:0:a', '70:0:a', '71:0:a']])
})

/*
 *     left          90                          within 5, grace 0: forgotten at 100
 *     right                          95
 *     stream time   90    99 or 100             moved by a row that does not reach the join
 */
test('what is forgotten is found by nobody, even if no row has come to the join since', () => {
  const partnersAt = (streamTime: number) => {
    const found: Pair[] = []
    const rules = { kind: 'inner', within: 5, grace: 0, timeSemantics: 'task' } as const
    const sides = { left: noRows(), right: noRows() }
    const join = new StreamJoin(
      { ...rules, joined: (pair) => found.push(pair), late: () => undefined },
      sides,
    )
    const clock = clockAt(90)
    join.take('left', { key: 'a', time: 90, value: 'l', origin }, clock)
    clock.time = streamTime
    join.advance(streamTime, origin)
    join.take('right', { key: 'a', time: 95, value: 'r', origin }, clock)
    return found.map(({ left, right, time }) => [left, right, time])
  }
  assert.deepEqual(partnersAt(99), [['l', 'r', 95]])
  assert.deepEqual(partnersAt(100), [])
})
