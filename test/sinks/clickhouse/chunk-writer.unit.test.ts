import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { Registry } from 'prom-client'
import type { RawRecord } from '../../../pipelines/engine/raw-record.ts'
import { Attempts } from '../../../sinks/attempts.ts'
import { ChunkWriter, type ChunkWriterOptions } from '../../../sinks/clickhouse/chunk-writer.ts'
import { TableError, isTransient } from '../../../sinks/clickhouse/insert.ts'
import { PartitionBuffer } from '../../../sinks/clickhouse/partition-buffer.ts'
import { sinkMetrics } from '../../../sinks/metrics.ts'
import { until } from '../../kit/until.ts'

const source = { record: { offset: 0n, topic: 't' } as RawRecord }
const limits = { rows: 3, bytes: 1_000 }

function room(options: Partial<ChunkWriterOptions> = {}) {
  const seen: string[] = []
  const crashes: unknown[] = []
  const buffers = [0, 1].map(
    (partition) => new PartitionBuffer({ topic: 't', topicId: 'id', partition }, 0n, limits),
  )
  const registry = new Registry()
  const metrics = sinkMetrics(registry)
  const attempts = new Attempts({
    sink: 'clickhouse',
    transient: isTransient,
    putAside: async (records) => void seen.push(`put aside ${records.length}`),
    crash: (error) => crashes.push(error),
    metrics,
    log: pino({ level: 'silent' }),
  })
  const writer = new ChunkWriter({
    attempts,
    buffers: () => buffers,
    insert: async ({ origin }, { from, end }) => {
      seen.push(`insert ${origin.partition}: ${from}-${end}`)
      return undefined
    },
    commit: async (offsets) => {
      for (const { partition, offset, metadata } of offsets)
        seen.push(`commit ${partition}: ${offset} ${metadata}`)
    },
    receivedAt: () => undefined,
    limits,
    maxAgeMs: 5,
    metrics,
    ...options,
  })
  return {
    writer,
    attempts,
    buffers: buffers as [PartitionBuffer, PartitionBuffer, ...PartitionBuffer[]],
    seen,
    crashes,
    registry,
  }
}

test('the end of a chunk is committed as intended before its rows go, and as reached afterwards', async () => {
  const { writer, buffers, seen } = room()
  buffers[0].append(0n, Buffer.from('a'), source)
  buffers[1].append(4n, Buffer.from('b'), source)
  buffers[1].cover(6n)
  writer.wake()
  await until(() => seen.length === 6, { what: 'the round' })
  assert.deepEqual(seen, [
    'commit 0: 0 end=1 last=0',
    'commit 1: 0 end=6 last=4',
    'insert 0: 0-1',
    'insert 1: 0-6',
    'commit 0: 1 ',
    'commit 1: 6 ',
  ])
})

test('much is written at once, and reading waits for it', async () => {
  const { writer, buffers, seen } = room({ maxAgeMs: 1_000_000 })
  for (let offset = 0n; offset < 7n; offset++) buffers[0].append(offset, Buffer.from('x'), source)
  await writer.relieved()
  assert.equal(buffers[0].waiting.records, 1)
  await writer.drained()
  const inserts = seen.filter((event) => event.startsWith('insert'))
  assert.deepEqual(inserts, ['insert 0: 0-3', 'insert 0: 3-6', 'insert 0: 6-7'])
})

test('records that become no row are put aside before the rows beside them land', async () => {
  const { writer, buffers, seen } = room()
  buffers[0].refuse({ record: { offset: 0n, topic: 't' } as RawRecord, reason: 'malformed_avro' })
  buffers[0].append(1n, Buffer.from('a'), source)
  await writer.drained()
  assert.deepEqual(seen, ['commit 0: 0 end=2 last=1', 'put aside 1', 'insert 0: 0-2', 'commit 0: 2 '])
})

test('a row that the table refuses is put aside before the others are sent again, in the same range', async () => {
  const { writer, buffers, seen } = room({
    insert: async (_, { from, end, rows }) => {
      const lines = rows.map(String)
      seen.push(`insert ${lines.join('')}: ${from}-${end}`)
      const row = lines.indexOf('b')
      return row < 0 ? undefined : { row, reason: 'violated_constraint' }
    },
  })
  for (const [offset, line] of ['a', 'b', 'c'].entries())
    buffers[0].append(BigInt(offset), Buffer.from(line), source)
  await writer.drained()
  assert.deepEqual(seen, [
    'commit 0: 0 end=3 last=2',
    'insert abc: 0-3',
    'put aside 1',
    'insert ac: 0-3',
    'commit 0: 3 ',
  ])
})

test('rows that are replayed do not count beside what is put aside', async (t) => {
  const { writer, attempts, buffers } = room({ replayTopic: 't-replay' })
  const replayed = new PartitionBuffer({ topic: 't-replay', topicId: 'id', partition: 0 }, 0n, limits)
  buffers.push(replayed)
  const { mock } = t.mock.method(attempts, 'putAside')
  buffers[0].append(0n, Buffer.from('a'), source)
  replayed.append(0n, Buffer.from('b'), source)
  replayed.append(1n, Buffer.from('c'), source)
  await writer.drained()
  assert.deepEqual(
    mock.calls.map((call) => call.arguments[1]),
    [1],
  )
})

test('latency is told of rows that say when they reached Kafka, but not of replayed ones', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1, 12) })
  const at = Date.UTC(2026, 0, 1, 11, 59, 58, 500)
  const receivedAt: ChunkWriterOptions['receivedAt'] = ({ record }) => (record.offset === 0n ? at : undefined)
  const { writer, buffers, registry } = room({ replayTopic: 't-replay', receivedAt })
  const replayed = new PartitionBuffer({ topic: 't-replay', topicId: 'id', partition: 0 }, 0n, limits)
  buffers.push(replayed)
  const second = { record: { offset: 1n, topic: 't' } as RawRecord }
  buffers[0].append(0n, Buffer.from('a'), source)
  buffers[0].append(1n, Buffer.from('b'), second)
  replayed.append(0n, Buffer.from('a'), source)
  await writer.drained()
  const page = await registry.metrics()
  assert.match(page, /^continuo_sink_latency_seconds_sum\{sink="clickhouse",topic="t"\} 1\.5$/m)
  assert.match(page, /^continuo_sink_latency_seconds_count\{sink="clickhouse",topic="t"\} 1$/m)
  assert.doesNotMatch(page, /latency.*t-replay/)
})

test('an insert is repeated until ClickHouse takes it, and meanwhile the sink is not well', async () => {
  let tries = 0
  const { writer, attempts, buffers, seen } = room({
    insert: async () => {
      if (++tries < 3) throw new Error('connect ECONNREFUSED')
      return undefined
    },
  })
  buffers[0].append(0n, Buffer.from('a'), source)
  writer.wake()
  await until(() => attempts.failing, { what: 'the failure to be noticed' })
  await until(() => seen.includes('commit 0: 1 '), { what: 'the round' })
  assert.equal(attempts.failing, false)
  assert.equal(tries, 3)
})

test('once a partition belongs to another process, nothing more of it is written, committed or counted', async () => {
  const { writer, buffers, seen, registry } = room({
    insert: async (buffer) => {
      seen.push(`insert ${buffer.origin.partition}`)
      buffers[0].lost = true
      if (buffer.origin.partition === 0) throw new Error('connect ECONNREFUSED')
      return undefined
    },
  })
  buffers[0].append(0n, Buffer.from('a'), source)
  buffers[0].refuse({ record: { offset: 1n, topic: 't' } as RawRecord, reason: 'malformed_avro' })
  buffers[1].append(0n, Buffer.from('b'), source)
  await writer.drained()
  assert.deepEqual(seen.slice(2), ['put aside 1', 'insert 0', 'insert 1', 'commit 1: 1 '])
  assert.match(await registry.metrics(), /^continuo_sink_rows_total\{sink="clickhouse",topic="t"\} 1$/m)
})

test('what waiting does not mend ends the process', async () => {
  const error = new TableError('ClickHouse refuses table plays: unknown – run `continuo migrate`')
  const { writer, buffers, crashes } = room({ insert: () => Promise.reject(error) })
  buffers[0].append(0n, Buffer.from('a'), source)
  writer.wake()
  await until(() => crashes.length > 0, { what: 'the crash' })
  assert.deepEqual(crashes, [error])
})

test('a stop gives up on a store that is away: what is in doubt is settled at the next start', async () => {
  const { writer, attempts, buffers, seen, crashes } = room({
    insert: () => Promise.reject(new Error('ECONNREFUSED')),
  })
  buffers[0].append(0n, Buffer.from('a'), source)
  await attempts.finish(writer.drained(), 50)
  assert.deepEqual(seen, ['commit 0: 0 end=1 last=0'])
  assert.deepEqual(crashes, [])
  writer.wake()
  await writer.relieved()
})

test('a stop gives up on an insert that ClickHouse neither takes nor refuses, and reading waits no longer', async () => {
  const { writer, attempts, buffers, seen, crashes } = room({ insert: () => new Promise(() => undefined) })
  for (let offset = 0n; offset < 7n; offset++) buffers[0].append(offset, Buffer.from('x'), source)
  const relieved = writer.relieved()
  await attempts.finish(writer.drained(), 50)
  await relieved
  assert.deepEqual(seen, ['commit 0: 0 end=3 last=2'])
  assert.deepEqual(crashes, [])
})
