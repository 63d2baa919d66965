/** What a table's rows do to stream time: nothing, where there are streams. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  combine,
  count,
  foldWindow,
  joinTable,
  minutes,
  only,
  topic,
  topology,
  tumbling,
  write,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { type Note, noteV1 } from './table-topics.ts'

const asks = topic('asks', noteV1, 'listener')
const plans = topic('plans', noteV1, 'listener')
const closed = topic('closed', noteV1, 'listener')
const late = topic('late', noteV1, 'listener')
const time = ({ at }: Note) => at

const byMinute = foldWindow({
  windows: tumbling(minutes(1), { grace: 0 }),
  fold: combine({ n: count() }, ({ n }, key, { start }) => ({ text: `${key}: ${n}`, at: start })),
  late: (note: Note | null) => note ?? { text: '', at: 0 },
})

test('an update of a table makes no row of a stream late, and closes nothing', async () => {
  const kafka = drive(
    topology('joined', ({ read, readTable }) => {
      const counted = read(asks, { time }).pipe(byMinute)
      counted.pipe(only('late'), write(late))
      counted.pipe(
        only('closed'),
        joinTable(readTable(plans, { time }), {
          join: (each, plan) => ({ ...each, text: each.text + plan.text }),
        }),
        write(closed),
      )
    }),
    { now: 0 },
  )
  await kafka.send(plans, { text: ' free', at: 0 }, { key: 'ada' })
  await kafka.send(asks, { text: 'a', at: 1_000 }, { key: 'ada' })
  await kafka.send(plans, { text: ' paid', at: minutes(90) }, { key: 'ada' })
  await kafka.send(asks, { text: 'b', at: 2_000 }, { key: 'ada' })
  kafka.crash()
  await kafka.send(asks, { text: 'c', at: 3_000 }, { key: 'ada' })
  assert.deepEqual(kafka.written(closed), [])
  await kafka.send(asks, { text: 'd', at: minutes(1) }, { key: 'ada' })
  assert.deepEqual(
    kafka.written(closed).map(({ value }) => value.text),
    ['ada: 3 paid'],
  )
  assert.deepEqual(kafka.written(late), [])
})

test('where there are tables alone, their updates are what time goes by', async () => {
  const kafka = drive(
    topology('changes', ({ readTable }) => {
      const counted = readTable(plans, { time }).changes.pipe(byMinute)
      counted.pipe(only('late'), write(late))
      counted.pipe(only('closed'), write(closed))
    }),
    { now: 0 },
  )
  await kafka.send(plans, { text: 'free', at: 0 }, { key: 'ada' })
  await kafka.send(plans, { text: 'paid', at: minutes(1) }, { key: 'ada' })
  await kafka.send(plans, { text: 'gone', at: 1_000 }, { key: 'ada' })
  assert.deepEqual(
    kafka.written(closed).map(({ value }) => value.text),
    ['ada: 1'],
  )
  assert.equal(kafka.written(late).length, 1)
})
