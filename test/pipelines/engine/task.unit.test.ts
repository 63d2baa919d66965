import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Subject, concatMap, mergeMap, of, take } from 'rxjs'
import {
  avroState,
  count,
  deduplicate,
  drop,
  fold,
  foldWindow,
  hours,
  joinGlobal,
  joinTable,
  joinTables,
  keyBy,
  ok,
  route,
  step,
  toTable,
  topology,
  tumbling,
  write,
} from '../../../pipelines/engine/index.ts'
import { readTable } from '../../../pipelines/engine/operators/read-table.ts'
import { Task } from '../../../pipelines/engine/task.ts'
import { drive, driverDeadLetterKey } from '../../../pipelines/engine/testing/drive.ts'
import { artistTotal } from '../../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { play } from '../../kit/builders.ts'
import { codecFor } from '../../schemas/codec-for.ts'
import { tell } from '../../kit/tell.ts'
import { recordsIn } from '../../kit/outgoing.ts'

const { playsClean, playsByArtist } = topics

const rawRecord = (topic: string, value: Buffer | null) => ({
  topic,
  partition: 0,
  offset: 0n,
  timestamp: 0,
  key: null,
  value,
  headers: {},
})

async function taskOf(...[name, define]: Parameters<typeof topology>) {
  const codec = await codecFor(...Object.values(topics))
  const counted: string[] = []
  const task = new Task({
    topology: topology(name, define),
    partition: 0,
    codec,
    deadLetterKey: driverDeadLetterKey,
    onOutcome: (...outcome) => counted.push(outcome.join(' ')),
  })
  return { codec, task, counted }
}

test('operators used outside of a topology say where they belong', () => {
  const rows = new Subject<never>()
  const windows = tumbling(1, { grace: 0 })
  const codec = avroState<number>('long')
  const uses = {
    step: () => rows.pipe(step(() => ok(1))),
    write: () => rows.pipe(write(playsClean)),
    keyBy: () => rows.pipe(keyBy(() => '', { through: playsClean })),
    route: () => rows.pipe(route({})),
    deduplicate: () => rows.pipe(deduplicate({ id: () => '', rememberMs: 1 })),
    foldWindow: () => rows.pipe(foldWindow({ windows, fold: artistTotal, late: latePlay })),
    fold: () => rows.pipe(fold({ initial: () => 0, add: () => 0, result: () => 0, codec })),
    toTable: () => toTable(rows, { codec }),
    readTable: () => readTable(playsClean),
    joinTable: () => rows.pipe(joinTable(anything(null), { join: () => 0 })),
    joinTables: () => joinTables(anything(null), anything(null), { kind: 'outer', join: () => 0 }),
    joinGlobal: () => rows.pipe(joinGlobal(anything(null), { key: () => '', join: () => 0 })),
  }
  for (const [name, use] of Object.entries(uses))
    assert.throws(
      use,
      new RegExp(`^TopologyError: ${name}\\(\\) works inside topology\\(name, .*belongs to a task`),
    )
})

test('an operator made while rows flow comes too late to belong to a task', async () => {
  const kafka = drive(
    topology('late', ({ read }) =>
      read(playsClean).pipe(
        concatMap((row) => of(row).pipe(write(playsByArtist))),
        tell(),
      ),
    ),
  )
  await assert.rejects(kafka.send(playsClean, play()), /write\(\) works inside topology/)
})

test('outcomes are counted by topology, step, outcome and reason', async () => {
  const { task, codec, counted } = await taskOf('counted', ({ read }) =>
    read(playsClean).pipe(
      step(function discard() {
        return drop('no_use')
      }),
      tell(),
    ),
  )
  task.process('plays-clean', rawRecord('plays-clean', codec.encode(playsClean, play())))
  task.process('plays-clean', rawRecord('plays-clean', null))
  assert.deepEqual(counted, ['counted discard drop no_use', 'counted decode dead_letter null_value'])
})

test('a record of a topic that the topology does not read is a bug', async () => {
  const { task } = await taskOf('reader', ({ read }) => read(playsClean).pipe(tell()))
  assert.throws(() => task.process('plays', rawRecord('plays', null)), /reader does not read plays/)
})

test('decoding fails loudly where not the record but the process is at fault', async () => {
  const { task } = await taskOf('reader', ({ read }) => read(playsClean).pipe(tell()))
  const notLoaded = Buffer.from([0, 0, 0, 1, 0, 0])
  assert.throws(() => task.process('plays-clean', rawRecord('plays-clean', notLoaded)), /call load\(\)/)
  assert.deepEqual(task.takeOutgoing(), [])
})

test('a topic read twice is one input; two stores of one kind have names of their own', async () => {
  const { task } = await taskOf('twice', ({ read }) => {
    const remember = deduplicate<CleanPlay>({ id: ({ eventId }) => eventId, rememberMs: hours(1) })
    read(playsClean).pipe(remember, tell())
    return read(playsClean).pipe(remember, tell())
  })
  assert.deepEqual(task.inputs, [playsClean])
  assert.deepEqual([...task.stores.keys()], ['deduplicate-1', 'deduplicate-2'])
  const codec = { encode: () => Buffer.alloc(0), decode: () => 0 }
  assert.throws(
    () => task.store('deduplicate-1', codec),
    /^TopologyError: twice has two stores named deduplicate-1/,
  )
})

test('what a task wants written is taken once: outputs in order, then changes of state', async () => {
  const { task, codec } = await taskOf('outgoing', ({ read }) =>
    read(playsClean).pipe(
      deduplicate({ id: ({ eventId }) => eventId, rememberMs: hours(1) }),
      route(
        { first: playsByArtist, duplicate: topics.duplicatePlays },
        { key: ({ trackId }) => trackId, partition: 'as-read' },
      ),
    ),
  )
  const value = codec.encode(playsClean, play({ eventId: 'e', trackId: 't9' }))
  for (let i = 0; i < 2; i++) task.process('plays-clean', rawRecord('plays-clean', value))
  assert.deepEqual(
    recordsIn(task.takeOutgoing()).map(({ topic, key, partition }) => [topic, key, partition]),
    [
      ['plays-by-artist', 't9', 0],
      ['duplicate-plays', 't9', 0],
      ['outgoing-deduplicate-1-changelog', '0/e', 0],
    ],
  )
  assert.deepEqual(task.takeOutgoing(), [])
})

test('an operator that ends the stream is an error: what comes after would be lost', async () => {
  const { task, codec } = await taskOf('ending', ({ read }) =>
    read(playsClean).pipe(take(1), write(topics.playsByArtist)),
  )
  assert.throws(
    () => task.process('plays-clean', rawRecord('plays-clean', codec.encode(playsClean, play()))),
    /write\(plays-by-artist\) gets no more rows: leave out .* take\(\)/,
  )
})

test('an operator that takes its time is an error: the offset would be committed before the output', async () => {
  const { task, codec } = await taskOf('lagging', ({ read }) =>
    read(playsClean).pipe(
      mergeMap(async (row) => Promise.resolve(row)),
      write(topics.playsByArtist),
    ),
  )
  task.process('plays-clean', rawRecord('plays-clean', codec.encode(playsClean, play())))
  await setImmediate()
  assert.throws(
    () => task.takeOutgoing(),
    /lagging writes to plays-by-artist when no record is processed: leave out .* delay\(\)/,
  )
})

const anything = (value: unknown) => value as never
const mistakes: [string, Parameters<typeof topology>[1], RegExp][] = [
  [
    'an output without a topic',
    ({ read }) =>
      read(playsClean).pipe(
        deduplicate({ id: ({ eventId }) => eventId, rememberMs: hours(1) }),
        route(anything({ duplicate: topics.duplicatePlays })),
      ),
    /mistaken: route\(\) has no topic for "first"/,
  ],
  [
    'a key that is none',
    ({ read }) =>
      read(playsClean).pipe(
        keyBy(() => anything(null), { through: playsByArtist }),
        tell(),
      ),
    /mistaken writes to plays-by-artist under a key that is no text but object/,
  ],
]
for (const [what, define, message] of mistakes) {
  test(`${what} is an error that names where it comes from`, async () => {
    const { task, codec } = await taskOf('mistaken', define)
    const value = codec.encode(playsClean, play())
    assert.throws(() => task.process('plays-clean', rawRecord('plays-clean', value)), message)
  })
}

for (const [what, time] of [
  ['none', NaN],
  ['part of a millisecond', 0.5],
  ['text, which may be anything', anything('secret')],
  ['further ahead of its record than any window waits', 5_001],
] as const) {
  test(`a time that is ${what} is a dead letter`, async () => {
    const { task, codec, counted } = await taskOf('timed', ({ read }) =>
      read(playsClean, { time: () => time }).pipe(
        foldWindow({ windows: tumbling(hours(1), { grace: 5_000 }), fold: artistTotal, late: latePlay }),
        route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
      ),
    )
    task.process('plays-clean', rawRecord('plays-clean', codec.encode(playsClean, play())))
    const reason = time === 5_001 ? 'time_in_future' : 'no_usable_time'
    assert.deepEqual(counted, [`timed validate dead_letter ${reason}`])
    assert.deepEqual(
      task.takeOutgoing().map(({ topic }) => topic),
      ['dead-letters'],
    )
  })
}

test('the grace behind a repartition topic is a bound for times before it, and no more may be allowed', async () => {
  const ahead = (aheadMs: number) =>
    taskOf('ahead', ({ read }) =>
      read(playsClean, { time: ({ playedAt }) => playedAt, aheadMs }).pipe(
        keyBy((value) => value.artistId, { through: playsByArtist }),
        foldWindow({ windows: tumbling(hours(1), { grace: 100 }), fold: artistTotal, late: latePlay }),
        tell(),
      ),
    )
  await ahead(100)
  await assert.rejects(
    ahead(101),
    /read\(plays-clean\): times 101 ms ahead would close windows with a grace of 100 ms/,
  )
})

test('operators are called by their place among those of their kind that have no name', async () => {
  const { task } = await taskOf('named', ({ read, readTable }) => {
    const rows = read(playsClean)
    const options = { id: (value: CleanPlay) => value.eventId, rememberMs: 1 }
    rows.pipe(deduplicate(options), tell())
    rows.pipe(deduplicate({ ...options, name: 'plays' }), tell())
    rows.pipe(deduplicate(options), tell())
    toTable(rows.pipe(fold(count(), { name: 'plays' })), { codec: avroState<number>('long'), name: 'plays' })
    return readTable(topics.artistTotals, { name: 'totals' }).changes
  })
  assert.deepEqual([...task.stores.keys()].sort(), [
    'deduplicate-1',
    'deduplicate-2',
    'deduplicate-plays',
    'fold-plays',
    'read-table-totals',
    'to-table-plays',
  ])
})

for (const name of ['1', '', 'Plays', 'a b', 'größe', 'a/b'])
  test(`"${name}" is no name for an operator`, async () => {
    await assert.rejects(
      taskOf('named', ({ read }) => read(playsClean).pipe(fold(count(), { name }))),
      { name: 'TopologyError', message: /named: a fold cannot be called ".*": begin with a small letter/ },
    )
  })

test('two operators of a kind have not the same name', async () => {
  await assert.rejects(
    taskOf('named', ({ read }) =>
      read(playsClean).pipe(fold(count(), { name: 'n' }), fold(count(), { name: 'n' })),
    ),
    /named: a fold cannot be called "n", for another one is/,
  )
})
