import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { map } from 'rxjs'
import {
  type Sources,
  type StoreCodec,
  avroState,
  joinTable,
  toTable,
  topicState,
  topology,
  write,
} from '../../../../pipelines/engine/index.ts'
import { withValue } from '../../../../pipelines/engine/row.ts'
import { Task } from '../../../../pipelines/engine/task.ts'
import { drive, driverDeadLetterKey } from '../../../../pipelines/engine/testing/drive.ts'
import { topics } from '../../../../schemas/topics.ts'
import { codecFor } from '../../../schemas/codec-for.ts'
import {
  type Note,
  PARTITIONS,
  eventsFor,
  happen,
  line,
  noteV1,
  noted,
  sendings,
  tableTopics,
  written,
} from './table-topics.ts'
import { tell } from '../../../kit/tell.ts'

const { asks, lefts, results, joined } = tableTopics

const noteState: StoreCodec<Note> = avroState(JSON.parse(noteV1.text) as never)

/** Two tables of the same rows: one read, one made of a stream, which is the changes of the first. */
const kept = topology('kept', ({ readTable }) => {
  const read = readTable(lefts, noted)
  read.changes.pipe(write(results))
  return toTable(read.changes, { codec: noteState }).changes.pipe(write(joined))
})

test('the changes of a table are every update in order, tombstones included', async () => {
  await fc.assert(
    fc.asyncProperty(eventsFor(['lefts']), async (events) => {
      const kafka = drive(kept, { partitions: PARTITIONS })
      await happen(kafka, { lefts }, events)
      const all = sendings(events).map(({ key, text, at }) => line(key, text === null ? null : { text, at }))
      assert.deepEqual(written(kafka, results), all)
      assert.deepEqual(written(kafka, joined), all)
    }),
    { numRuns: 1_000 },
  )
})

test('a stream joined with the table of itself meets itself: what is written first comes first', async () => {
  const itself = topology('itself', ({ read }) => {
    const rows = read(asks)
    const table = toTable(rows, { codec: noteState })
    return rows.pipe(
      joinTable(table, { join: (one, two) => ({ text: one.text + two.text, at: 0 }) }),
      write(results),
    )
  })
  const kafka = drive(itself)
  for (const text of ['a', 'b']) await kafka.send(asks, { text, at: 0 }, { key: 'k' })
  assert.deepEqual(written(kafka, results), ['k = aa at 0', 'k = bb at 0'])
})

test('a later arrival replaces an earlier one, whatever their times', async () => {
  const looked = topology('looked', ({ read, readTable }) =>
    read(asks, noted).pipe(
      joinTable(readTable(lefts, noted), { join: (_, { text, at }) => ({ text, at }) }),
      write(results),
    ),
  )
  const kafka = drive(looked)
  await kafka.send(lefts, { text: 'newer', at: 2_000 }, { key: 'k' })
  await kafka.send(lefts, { text: 'older', at: 1_000 }, { key: 'k' })
  await kafka.send(asks, { text: '', at: 3_000 }, { key: 'k' })
  assert.deepEqual(written(kafka, results), ['k = older at 1000'])
})

async function taskOf(name: string, define: (sources: Sources) => unknown) {
  const codec = await codecFor(lefts, results, topics.deadLetters)
  const counted: string[] = []
  const task = new Task({
    topology: topology(name, define),
    partition: 0,
    codec,
    deadLetterKey: driverDeadLetterKey,
    onOutcome: (...outcome) => counted.push(outcome.join(' ')),
  })
  const process = (key: string | null, value: Buffer | null) => {
    const bytes = key === null ? null : Buffer.from(key)
    const place = { topic: 'lefts', partition: 0, offset: 0n, timestamp: 0, headers: {} }
    task.process('lefts', { ...place, key: bytes, value })
    return task.takeOutgoing().map(({ topic }) => topic)
  }
  return { codec, counted, process }
}

test('a record of a table that does not decode, or has no key, is a dead letter; a tombstone is none', async () => {
  const { process, codec, counted } = await taskOf('t', ({ readTable }) => readTable(lefts))
  assert.deepEqual(process('k', Buffer.from('garbage')), ['dead-letters'])
  assert.deepEqual(process(null, codec.encode(lefts, { text: 'a', at: 0 })), ['dead-letters'])
  assert.deepEqual(process('k', null), [])
  assert.deepEqual(process('k', codec.encode(lefts, { text: 'a', at: 0 })), ['t-read-table-1-changelog'])
  assert.deepEqual(process('k', null), ['t-read-table-1-changelog'])
  assert.deepEqual(counted, ['t decode dead_letter not_wire_format', 't readTable dead_letter no_key'])
})

test('a record without a value is still a dead letter where a stream is read', async () => {
  const { process, counted } = await taskOf('t', ({ read }) => read(lefts).pipe(tell()))
  assert.deepEqual(process('k', null), ['dead-letters'])
  assert.deepEqual(counted, ['t decode dead_letter null_value'])
})

test('a topic is read as a table or as a stream, not as both: its nulls mean one thing', () => {
  const both = topology('both', ({ read, readTable }) => [readTable(lefts), read(lefts)])
  assert.throws(() => drive(both), /lefts is read in two ways: .* the changes of this table, twice/)
})

test('state of another shape than the topic has is refused with what to do', () => {
  assert.throws(
    () => topicState(lefts).decode(Buffer.of(2)),
    /state Note was written in another shape: .* another name/,
  )
})

test('what a test looks at with written() must be there: tombstones are for changes()', async () => {
  const kafka = drive(
    topology('t', ({ readTable }) =>
      readTable(lefts).changes.pipe(
        map((row) => withValue(row, row.value)),
        write(results),
      ),
    ),
  )
  await kafka.send(lefts, null, { key: 'k' })
  assert.deepEqual(kafka.changes(results), [{ key: 'k', partition: 0, value: null }])
  assert.throws(() => kafka.written(results), /results holds a tombstone: look at it with changes\(\)/)
})
