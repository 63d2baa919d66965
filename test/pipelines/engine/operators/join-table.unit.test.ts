import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { joinTable, topology, write } from '../../../../pipelines/engine/index.ts'
import { Task } from '../../../../pipelines/engine/task.ts'
import { drive, driverDeadLetterKey } from '../../../../pipelines/engine/testing/drive.ts'
import { codecFor } from '../../../schemas/codec-for.ts'
import {
  type Event,
  PARTITIONS,
  eventsFor,
  happen,
  line,
  noted,
  seenAt,
  sendings,
  tableTopics,
  written,
} from './table-topics.ts'

const { asks, lefts, results } = tableTopics

const joinedAs = (kind: 'inner' | 'left') =>
  topology(kind, ({ read, readTable }) =>
    read(asks, noted).pipe(
      joinTable(readTable(lefts, noted), {
        kind,
        join: (ask, left, key) => `${ask.text}${left?.text ?? '∅'}${key}`,
      }),
      seenAt(),
      write(results),
    ),
  )

/** Looks through all that came before, every time. */
function expected(kind: 'inner' | 'left', events: Event<'asks' | 'lefts'>[]): string[] {
  const all = sendings(events)
  return all.flatMap(({ to, place, key, text, at }, index) => {
    if (to !== 'asks') return []
    const left = all.slice(0, index).findLast((each) => each.to === 'lefts' && each.place === place)
    if (kind === 'inner' && typeof left?.text !== 'string') return []
    return line(key, { text: `${text}${left?.text ?? '∅'}${key}`, at })
  })
}

for (const kind of ['inner', 'left'] as const)
  test(`${kind}: each row meets what the table of its partition holds at that moment`, async () => {
    await fc.assert(
      fc.asyncProperty(eventsFor(['asks', 'lefts'], { tombstones: ['lefts'] }), async (events) => {
        const kafka = drive(joinedAs(kind), { partitions: PARTITIONS })
        await happen(kafka, { asks, lefts }, events)
        assert.deepEqual(written(kafka, results), expected(kind, events))
      }),
      { numRuns: 1_000 },
    )
  })

test('inner is the default, and a row without a partner is counted', async () => {
  const codec = await codecFor(asks, lefts, results)
  const counted: string[] = []
  const task = new Task({
    topology: topology('t', ({ read, readTable }) =>
      read(asks).pipe(joinTable(readTable(lefts), { join: (ask) => ask }), write(results)),
    ),
    partition: 0,
    codec,
    deadLetterKey: driverDeadLetterKey,
    onOutcome: (...outcome) => counted.push(outcome.join(' ')),
  })
  const value = codec.encode(asks, { text: 'x', at: 0 })
  const place = { partition: 0, offset: 0n, timestamp: 0, key: Buffer.from('k'), headers: {} }
  task.process('asks', { topic: 'asks', ...place, value })
  assert.deepEqual(counted, ['t join-table-1 drop no_partner'])
  task.process('lefts', { topic: 'lefts', ...place, value })
  assert.deepEqual(
    task.takeOutgoing().map(({ topic }) => topic),
    ['t-read-table-1-changelog'],
    'an update of the table alone emits nothing',
  )
  task.process('asks', { topic: 'asks', ...place, value })
  assert.deepEqual(
    task.takeOutgoing().map(({ topic }) => topic),
    ['results'],
  )
  assert.equal(counted.length, 1)
})
