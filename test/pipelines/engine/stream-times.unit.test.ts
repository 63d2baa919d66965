import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GraphNode, graphNode } from '../../../pipelines/engine/graph.ts'
import type { Source } from '../../../pipelines/engine/source.ts'
import type { Store } from '../../../pipelines/engine/store.ts'
import type { StoreCodec } from '../../../pipelines/engine/store-codec.ts'
import { StreamTimes } from '../../../pipelines/engine/stream-times.ts'
import { SubGraph } from '../../../pipelines/engine/sub-graph.ts'
import type { TaskContext } from '../../../pipelines/engine/task-context.ts'
import { type Progress, Upstreams } from '../../../pipelines/engine/upstreams.ts'
import { noRecord } from '../../../pipelines/engine/task-work.ts'

const origin = noRecord('t', 0, 0)

/** A task that tells what was written to its store, and what is asked of it in which order. */
function taskWith(stored = new Map<string, Progress>()) {
  const written: [string, number][] = []
  const named: string[] = []
  const codecs: StoreCodec<Progress>[] = []
  const put = (key: string, progress: Progress) => {
    stored.set(key, progress)
    written.push([key, progress.time])
  }
  const store: Store<Progress> = Object.assign(stored, { put, forgetBefore: () => undefined })
  const task = {
    store(name: string, codec: StoreCodec<Progress>) {
      named.push(name)
      codecs.push(codec)
      return store
    },
  } as unknown as TaskContext
  return { task, written, named, codecs }
}

const sourceOf = (node: GraphNode, check = () => undefined) =>
  ({ check, rows: { node } }) as unknown as Source

/*
 *   read a ── mapAsync ⇢ fold        two sub-graphs, the second one begins amid the graph
 *   read b ── step                   nobody goes by its time
 */
function graph() {
  const [a, b] = [graphNode('read', 'a', []), graphNode('read', 'b', [])]
  const asked = graphNode('mapAsync', 'asked', [a], { subGraph: new SubGraph('asked', a.subGraph) })
  const ends = [graphNode('foldWindow', 'fold', [asked]), graphNode('step', 's', [b])]
  a.subGraph.onAdvance(() => undefined)
  asked.subGraph.onAdvance(() => undefined)
  return { a, b, asked, ends, sources: [sourceOf(a), sourceOf(b)] }
}

test('stream times are written when they have moved, for the sub-graphs by whose time anybody goes', () => {
  const { task, written, named } = taskWith()
  const { a, b, asked, ends, sources } = graph()
  const times = new StreamTimes(task, sources, ends)
  assert.deepEqual(named, ['stream-time'])
  times.remember()
  assert.deepEqual(written, [])
  a.subGraph.advance(-5, origin)
  b.subGraph.advance(9, origin)
  times.remember()
  times.remember()
  assert.deepEqual(written, [['a', -5]])
  asked.subGraph.advance(-7, origin)
  a.subGraph.advance(3, origin)
  times.remember()
  assert.deepEqual(written.slice(1), [
    ['a', 3],
    ['asked', -7],
  ])
})

test('a source whose rows lead nowhere yet has its time remembered, too', () => {
  const { task, written } = taskWith()
  const { a, sources } = graph()
  const times = new StreamTimes(task, sources, [])
  a.subGraph.advance(1, origin)
  times.remember()
  assert.deepEqual(written, [['a', 1]])
})

/* read a ── mapAsync ⇢ mapAsync ⇢ step: the second sub-graph has neither a source nor an end. */
test('a sub-graph between two others has its time remembered, too', () => {
  const { task, written } = taskWith()
  const { a, asked, sources } = graph()
  const again = graphNode('mapAsync', 'again', [asked], { subGraph: new SubGraph('again', asked.subGraph) })
  const times = new StreamTimes(task, sources, [graphNode('step', 's', [again])])
  a.subGraph.advance(2, origin)
  asked.subGraph.advance(1, origin)
  times.remember()
  assert.deepEqual(written, [
    ['a', 2],
    ['asked', 1],
  ])
})

test('restored times are those of the sub-graphs again, and the others begin anew', () => {
  const { task } = taskWith(new Map([['asked', { time: 7, idle: false }]]))
  const { a, asked, ends, sources } = graph()
  new StreamTimes(task, sources, ends).restored()
  assert.deepEqual([a.subGraph.time, asked.subGraph.time], [-Infinity, 7])
})

/* Of three tasks that write to topic r one has been heard of, and one is idle; two has not been heard of. */
test('what is known of those who write to a repartition topic is remembered, as they do not say it again', () => {
  const repartitioned = () => {
    const [node, upstreams] = [graphNode('read', 'r', []), new Upstreams(3)]
    node.subGraph.readsFrom(upstreams)
    node.subGraph.onAdvance(() => undefined)
    const source = { check: () => undefined, rows: { node }, topic: { name: 'r' }, upstreams }
    return { node, upstreams, source: source as unknown as Source }
  }
  const stored = new Map<string, Progress>()
  const { task, written } = taskWith(stored)
  const before = repartitioned()
  const times = new StreamTimes(task, [before.source], [before.node])
  before.upstreams.hear(0, 5, false)
  before.upstreams.hear(1, 2, true)
  times.remember()
  times.remember()
  assert.deepEqual(written, [
    ['r from 0', 5],
    ['r from 1', 2],
  ])

  const after = repartitioned()
  new StreamTimes(taskWith(stored).task, [after.source], [after.node]).restored()
  assert.equal(after.upstreams.time, -Infinity)
  after.upstreams.hear(2, 9, false)
  assert.equal(after.upstreams.time, 5, 'by who has been heard of before')
})

test('times are stored as text', () => {
  const { task, codecs } = taskWith()
  const { ends, sources } = graph()
  new StreamTimes(task, sources, ends)
  const [codec] = codecs
  assert.equal(codec?.encode({ time: -17, idle: false }).toString(), '-17')
  assert.equal(codec.encode({ time: -Infinity, idle: true }).toString(), '-Infinity idle')
  for (const time of [2 ** 52, -1, -Infinity])
    for (const idle of [true, false])
      assert.deepEqual(codec.decode(codec.encode({ time, idle })), { time, idle })
})

test('where nobody goes by stream time there is no store, and nothing is remembered', () => {
  const { task, named } = taskWith()
  const read = graphNode('read', 'a', [])
  const times = new StreamTimes(task, [sourceOf(read)], [graphNode('step', 's', [read])])
  read.subGraph.advance(1, origin)
  times.remember()
  times.restored()
  assert.deepEqual(named, [])
})

test('each source is checked once all is put together', () => {
  const read = graphNode('read', 'a', [])
  const source = sourceOf(read, () => assert.fail('too far ahead'))
  assert.throws(() => new StreamTimes(taskWith().task, [source], [read]), /too far ahead/)
})

/* 2⁶⁰ ways lead from its end to its beginning. */
test('a graph that branches and meets again often is walked once', () => {
  const { task, written } = taskWith()
  const read = graphNode('read', 'a', [])
  let end = read
  for (let times = 0; times < 60; times++) end = graphNode('merge', `${times}`, [end, end])
  read.subGraph.onAdvance(() => undefined)
  const times = new StreamTimes(task, [], [end])
  read.subGraph.advance(2, origin)
  times.remember()
  assert.deepEqual(written, [['a', 2]])
})
