import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  combine,
  count,
  foldWindow,
  hopping,
  session,
  sliding,
  topology,
  tumbling,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { windowStateCodec } from '../../../../pipelines/engine/windowing/window-state-codec.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'
import { foldAll, tally } from './folding.ts'
import { tell } from '../../../kit/tell.ts'

const late = () => null
const { merge: _, ...withoutMerge } = tally

test('types are not checked where a topology just runs: a fold that cannot merge is refused with the reason', () => {
  const hops = hopping(2, { advance: 1, grace: 0 })
  assert.throws(
    () => foldWindow({ windows: hops, fold: withoutMerge as typeof tally, late }),
    new TypeError(
      'hopping windows need a fold with merge(a, b), for a window is made of slices: add it to the fold',
    ),
  )
  assert.throws(
    () => foldWindow({ windows: session(1, { grace: 0 }), fold: withoutMerge as typeof tally, late }),
    new TypeError(
      'session windows need a fold with merge(a, b), for a row between two sessions makes them one: add it to the fold',
    ),
  )
  foldWindow({ windows: tumbling(1, { grace: 0 }), fold: withoutMerge, late })
  foldWindow({ windows: sliding(1, { grace: 1 }), fold: withoutMerge, late })
})

test('sessions that are to emit updates are refused with the reason', () => {
  for (const emit of ['both', 'on-update'] as const)
    assert.throws(
      () => foldWindow({ windows: session(1, { grace: 0 }), fold: tally, late, emit: emit as 'on-close' }),
      new TypeError(
        `sessions cannot emit "${emit}": when a row joins two, what was said of both would have to be taken back; ` +
          'leave out emit, or set it to "on-close"',
      ),
    )
})

test('state that another version has stored is told apart, and refused with the remedy', () => {
  const { encode, decode } = windowStateCodec(tally.codec)
  const stored = { time: -7, state: { count: 1, sum: 2, rows: [3] } }
  assert.deepEqual(JSON.parse(JSON.stringify(decode(encode(stored)))), stored)
  assert.deepEqual(decode(encode({ time: 2 ** 52 })), { time: 2 ** 52 })
  const cutOff = encode(stored).subarray(0, 8)
  for (const bytes of [Buffer.alloc(0), cutOff, tally.codec.encode(stored.state), Buffer.alloc(20, 2)])
    assert.throws(
      () => decode(bytes),
      /written by another version: .* another TOPIC_PREFIX and APPLICATION_ID/,
    )
})

/*
 *   size 4, advance 2, grace 3      |--- -2 ---|
 *   time  0  6  1                      |--- 0 ----|        at 6: -2 closed (at 5), 0 closes at 7
 */
test('a row that one of two hopping windows refuses is late once, and by what it missed that one', async () => {
  const rows = [0, 6, 1].map((time, seq) => ({ key: 'a', time, value: 1, seq }))
  const emitted = await foldAll(hopping(4, { advance: 2, grace: 3 }), rows)
  assert.deepEqual(
    emitted.filter(({ after }) => after === 2),
    [
      {
        after: 2,
        key: 'a',
        time: 1,
        output: 'open',
        value: { start: 0, end: 4, count: 2, sum: 2, rows: [0, 2] },
      },
      {
        after: 2,
        key: 'a',
        time: 1,
        output: 'late',
        value: { seq: 2, streamTime: 6, lateByMs: 1, windows: 1 },
      },
    ],
  )
})

test('of several windows that refuse a row it is told how late it was for the one that closed last', async () => {
  const rows = [0, 100, 1].map((time, seq) => ({ key: 'a', time, value: 1, seq }))
  const emitted = await foldAll(hopping(4, { advance: 2, grace: 3 }), rows)
  assert.deepEqual(emitted.at(-1)?.value, { seq: 2, streamTime: 100, lateByMs: 93, windows: 2 })
})

test('what a crash leaves open closes in the order in which it would have', async () => {
  const rows = ['b', 'a', 'c'].map((key, seq) => ({ key, time: 3 - seq, value: 1, seq }))
  const far = { key: 'far', time: 50, value: 0, seq: 3 }
  for (const windows of [tumbling(2, { grace: 9 }), session(2, { grace: 9 }), sliding(2, { grace: 9 })]) {
    const [calm, crashed] = await Promise.all(
      [false, true].map((crash) => foldAll(windows, [...rows, { ...far, crash }])),
    )
    assert.deepEqual(crashed, calm)
  }
})

test('state of windows of another kind, length or grace is refused with both and the remedy', async () => {
  const kinds = [
    tumbling(60_000, { grace: 0 }),
    tumbling(30_000, { grace: 0 }),
    tumbling(60_000, { grace: 1 }),
    hopping(60_000, { advance: 20_000, grace: 0 }),
    hopping(60_000, { advance: 30_000, grace: 0 }),
    sliding(60_000, { grace: 1 }),
    session(60_000, { grace: 1 }),
  ]
  for (const before of kinds) {
    for (const after of kinds) {
      let windows = before
      const kafka = drive(
        topology('changed', ({ read }) =>
          read(topics.playsClean, { time: ({ playedAt }) => playedAt }).pipe(
            foldWindow({ windows, fold: combine({ plays: count() }), late, emit: 'on-close' }),
            tell(),
          ),
        ),
      )
      await kafka.send(topics.playsClean, play())
      windows = after
      if (before === after) {
        kafka.crash()
        await kafka.send(topics.playsClean, play({ playedAt: '12:05:00' }))
      } else
        assert.throws(() => kafka.crash(), {
          name: 'TopologyError',
          message: new RegExp(
            `cut into ${before.kind} windows, .* cut into ${after.kind} windows, .*another name`,
          ),
        })
    }
  }
})
