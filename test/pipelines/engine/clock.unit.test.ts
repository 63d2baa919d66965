import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operatorClock } from '../../../pipelines/engine/clock.ts'
import { graphNode } from '../../../pipelines/engine/graph.ts'
import type { Row } from '../../../pipelines/engine/row.ts'
import { noRecord } from '../../../pipelines/engine/task-work.ts'

const origin = noRecord('t', 0, 0)
const row = (time: number): Row<null> => ({ key: '', value: null, time, origin })

/*
 *   read ── fold, holds time back by 10 ── fold
 */
test('what an operator emits as time advances reaches the next one before its own time does', () => {
  const read = graphNode('read', 'a', [])
  const first = graphNode('foldWindow', 'one', [read], { holdBackMs: 10 })
  const second = graphNode('foldWindow', 'two', [first], { holdBackMs: 5 })
  const told: [string, number, number][] = []
  const one = operatorClock([read], 'task', (time) => told.push(['one', time, two.time]))
  const two = operatorClock([first], 'task', (time) => told.push(['two', time, two.time]))
  const three = operatorClock([second], 'task', () => undefined)

  read.subGraph.restore(50)
  assert.deepEqual([one.time, two.time, three.time], [50, 40, 35])
  read.subGraph.advance(100, origin)
  read.subGraph.advance(100, origin)
  read.subGraph.advance(99, origin)
  assert.deepEqual(told, [
    ['one', 100, 40],
    ['two', 90, 90],
  ])
  assert.deepEqual([one.time, two.time, three.time], [100, 90, 85])
})

test('behind several inputs an operator waits for the one that holds time back the longest', () => {
  const read = graphNode('read', 'a', [])
  const fold = graphNode('foldWindow', 'one', [read], { holdBackMs: 10 })
  const told: number[] = []
  for (const inputs of [
    [read, fold],
    [fold, read],
  ])
    operatorClock(inputs, 'task', (time) => told.push(time))
  read.subGraph.advance(100, origin)
  assert.deepEqual(told, [90, 90])
})

test('as Kafka Streams has it an operator goes by the rows that reach it', () => {
  const read = graphNode('read', 'a', [])
  const told: number[] = []
  const clock = operatorClock([read], 'kafka-streams', (time) => told.push(time))
  read.subGraph.advance(100, origin)
  for (const time of [5, 3, 5, 7]) clock.observe(row(time))
  assert.deepEqual([told, clock.time], [[5, 7], 7])
})

test('two inputs have one time from the moment at which an operator brings them together', () => {
  const [a, b] = [graphNode('read', 'a', []), graphNode('read', 'b', [])]
  const told: number[] = []
  operatorClock([a], 'task', (time) => told.push(time))
  graphNode('merge', 'a, b', [a, b])
  operatorClock([b], 'task', (time) => told.push(-time))
  b.subGraph.advance(7, origin)
  a.subGraph.advance(6, origin)
  assert.deepEqual(told, [7, -7])
  assert.equal(a.subGraph.root, b.subGraph.root)
})

test('the smallest grace of all that goes by a time counts, behind topics and in circles, too', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => graphNode('read', name, []).subGraph)
  assert.equal(a!.graceMs, Infinity)
  a!.feeds(b!)
  b!.feeds(c!)
  c!.feeds(a!)
  a!.hasGrace(30)
  c!.hasGrace(10)
  assert.deepEqual([a!.graceMs, b!.graceMs, c!.graceMs], [10, 10, 10])
})
