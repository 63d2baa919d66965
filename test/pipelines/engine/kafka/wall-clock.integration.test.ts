import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { map } from 'rxjs'
import {
  type Row,
  avroState,
  drop,
  fold,
  ok,
  punctuate,
  step,
  topology,
  write,
} from '../../../../pipelines/engine/index.ts'
import { until } from '../../../kit/until.ts'
import { crashing } from '../../crashing.ts'
import { KafkaRoom } from '../../kafka-room.ts'
import { type Note, noteV1, tableTopics } from '../operators/table-topics.ts'

const { asks, results, joined } = tableTopics
const EVERY_MS = 100

const counted = {
  initial: (): Note => ({ text: '0', at: 0 }),
  add: (ticks: Note): Note => ({ ...ticks, text: String(Number(ticks.text) + 1) }),
  result: (ticks: Note) => ticks,
  codec: avroState<Note>(noteV1.type),
}

/** Counts how often the clock on the wall has fired in `results`, and passes on what it is asked. */
const ticking = topology('ticking', ({ read }) => {
  const rows = read(asks).pipe(
    punctuate({ every: EVERY_MS, by: 'wall-clock' }, (at) => [{ key: 'k', value: { text: 'tick', at } }]),
  )
  rows.pipe(
    step((note) => (note.text === 'tick' ? ok(note) : drop('ask'))),
    fold(counted),
    map((row: Row<Note>) => ({ ...row, value: { ...row.value, at: row.time } })),
    write(results),
  )
  return rows.pipe(
    step((note) => (note.text === 'tick' ? drop('tick') : ok(note))),
    write(joined),
  )
})

let room: KafkaRoom
before(async () => {
  room = await KafkaRoom.make({ partitions: 1 })
  await room.add([asks, results, joined], () => 1)
})
after(() => room.remove())

test('the clock on the wall fires while no row comes; what it emits is committed, and counted on after a crash', async () => {
  const began = Date.now()
  const crashAfter = crashing(room)
  const ticks = (more: number, after: number) =>
    until(async () => (await room.values(results)).length >= after + more, {
      what: `${more} more ticks`,
      within: 60_000,
    }).then(async () => (await room.values(results)).length)

  // Before any row the state is committed with the offsets as they are: or who takes over would refuse it as another group's.
  const first = await room.run(ticking)
  const before = await ticks(2, 0)
  await first.stop()
  for (const steps of [1, 2, 3]) await crashAfter(ticking, steps)

  const second = await room.run(ticking)
  const meanwhile = await ticks(1, before)
  await room.send(asks, [{ text: 'ask', at: 0 }], () => 'k')
  await room.caughtUp('ticking', asks)
  await ticks(2, meanwhile)
  await second.stop()

  const found = await room.values(results)
  const times = found.map(({ at }) => at)
  assert.deepEqual(
    found.map(({ text }) => text),
    found.map((_, index) => String(index + 1)),
  )
  assert.deepEqual(
    times,
    [...new Set(times)].sort((one, two) => one - two),
  )
  assert.ok(times.every((at) => at % EVERY_MS === 0 && at >= began - EVERY_MS && at <= Date.now()))
  assert.deepEqual(await room.values(joined), [{ text: 'ask', at: 0 }])
})
