import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldWindow, keyBy, seconds, topology, tumbling } from '../../../../pipelines/engine/index.ts'
import { type TopologyDriver, drive } from '../../../../pipelines/engine/testing/drive.ts'
import { registryInMemory } from '../../../../pipelines/engine/testing/registry-in-memory.ts'
import { Codec } from '../../../../schemas/codec.ts'
import { deadLetterTopic } from '../../../../schemas/dead-letter.ts'
import { tell } from '../../../kit/tell.ts'
import { type Reading, readings, tally } from '../windowing/folding.ts'
import { STAMP_HEADER, encodeMarker, encodeStamp } from '../../../../pipelines/engine/stamp.ts'

const IDLE_MS = seconds(5)
const byKey = { ...readings, name: 'readings-by-key' }

/** Readings of one key in windows of 10 ms, from two partitions: `send(partition, time)` tells what closes then, and what is late. */
function windowsOfTwo() {
  const told: string[] = []
  const kafka: TopologyDriver = drive(
    topology('folding', ({ read }) =>
      read(readings, { time: ({ time }) => time }).pipe(
        keyBy(() => 'a', { through: byKey }),
        foldWindow({
          windows: tumbling(10, { grace: 0 }),
          fold: tally,
          late: ({ time }: Reading) => time,
          emit: 'on-close',
        }),
        tell((row) =>
          told.push(row.output === 'late' ? `late ${row.value}` : `${row.value.start}: ${row.value.count}`),
        ),
      ),
    ),
    { partitions: 2 },
  )
  const send = async (partition: number, time: number) => {
    await kafka.send(readings, { seq: 0, time, value: 0 }, { partition })
    return told.splice(0)
  }
  const advance = async (ms: number) => {
    await kafka.advance(ms)
    return told.splice(0)
  }
  return { kafka, send, advance }
}

/** Both have something to read. */
async function begun() {
  const driven = windowsOfTwo()
  const opening = [0, 1].map((partition) => [readings, { seq: 0, time: 0, value: 0 }, { partition }] as const)
  await driven.kafka.sendAll(opening)
  return driven
}

test('a partition of which nothing has ever been read holds nobody up', async () => {
  const { send } = windowsOfTwo()
  assert.deepEqual([await send(0, 1), await send(0, 10)], [[], ['0: 1']])
})

test('one that is behind does, until it has caught up', async () => {
  const { send } = await begun()
  assert.deepEqual(await send(0, 25), [])
  assert.deepEqual(await send(1, 12), ['0: 2'])
  assert.deepEqual(await send(1, 9), ['late 9'], 'late in its own partition')
  assert.deepEqual(await send(1, 30), ['10: 1'])
})

test('one that is silent does until it says that it has read all that there is', async () => {
  const { send, advance } = await begun()
  await send(0, 15)
  assert.deepEqual(await advance(IDLE_MS - 1), [])
  assert.deepEqual(await send(0, 16), [])
  assert.deepEqual(await advance(seconds(1)), ['0: 2'], 'the other has been silent for the time')
  assert.deepEqual(await send(0, 20), ['10: 2'])
})

test('when all have, what counts is how far any has come', async () => {
  const { send, advance } = await begun()
  await send(0, 15)
  await send(1, 3)
  assert.deepEqual(await advance(IDLE_MS), ['0: 3'])
  assert.deepEqual(await advance(seconds(60)), [])
  assert.deepEqual(await send(1, 4), ['late 4'], 'it came back behind what was closed without it')
})

test('one that comes back in time is waited for again', async () => {
  const { send, advance } = await begun()
  await send(0, 5)
  await advance(IDLE_MS)
  assert.deepEqual(await send(1, 6), [])
  assert.deepEqual(await send(0, 12), [])
  assert.deepEqual(await send(1, 10), ['0: 4'])
})

test('all that is known of the others outlives kill -9', async () => {
  const { kafka, send, advance } = await begun()
  await send(0, 25)
  kafka.crash()
  assert.deepEqual(await send(0, 26), [], 'the other is behind yet')
  kafka.crash()
  assert.deepEqual(await advance(IDLE_MS), ['0: 2'])
  kafka.crash()
  assert.deepEqual(await send(0, 30), ['20: 2'], 'the other is idle yet')
  kafka.crash()
  assert.deepEqual(await send(1, 29), ['late 29'])
})

test('what a stranger writes into a repartition topic is set aside, and moves no time', async () => {
  const { kafka, send } = await begun()
  const stamped = (bytes: Buffer) => ({ headers: { [STAMP_HEADER]: bytes }, key: 'a' })
  const times = { time: 1, carried: 1, watermark: 1 }
  const codec = new Codec(registryInMemory())
  await codec.register(byKey)
  const value = codec.encode(byKey, { seq: 0, time: 99, value: 0 })
  for (const options of [
    { key: 'a' },
    stamped(Buffer.from('no times')),
    stamped(encodeStamp({ ...times, upstream: 2 })),
    stamped(encodeStamp({ ...times, upstream: -1 })),
    stamped(encodeStamp({ ...times, upstream: 0, carried: NaN })),
    stamped(encodeStamp({ ...times, upstream: 0, time: NaN })),
    stamped(encodeStamp({ ...times, upstream: 0, time: 0.5 })),
  ])
    await kafka.sendBytes(byKey, value, options)
  for (const marker of [
    { upstream: 2, watermark: 99 },
    { upstream: -1, watermark: 99 },
    { upstream: 0, watermark: NaN },
  ])
    await kafka.sendBytes(byKey, null, stamped(encodeMarker({ ...marker, idle: true })))
  const reasons = kafka.written(deadLetterTopic).map((row) => row.value.reason)
  assert.deepEqual(reasons, [
    ...Array<string>(7).fill('no_usable_time'),
    ...Array<string>(3).fill('null_value'),
  ])
  assert.deepEqual(await send(0, 10), [])
  assert.deepEqual(await send(1, 10), ['0: 2'])
})
