import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  combine,
  count,
  distinct,
  foldWindow,
  max,
  quantiles,
  route,
  sum,
  topology,
  tumbling,
} from '../../../../pipelines/engine/index.ts'
import { ByteWriter } from '../../../../schemas/byte-writer.ts'
import { avroState, writeState } from '../../../../pipelines/engine/store-codec.ts'
import { TopologyError } from '../../../../pipelines/engine/errors.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../../../pipelines/steps/late-play.ts'
import type { ArtistTotal, CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'
import { foldAll, nowhere, stateOf } from './fold-all.ts'

const MINUTE = 60_000

const totals = combine(
  {
    plays: count(),
    ms: sum((value: CleanPlay) => value.msPlayed),
    latest: max((value: CleanPlay) => value.receivedAt),
    listeners: distinct((value: CleanPlay) => value.listener),
    lengths: quantiles((value: CleanPlay) => value.msPlayed, [0.5]),
  },
  ({ plays, ms, latest, listeners, lengths: [median] }, artistId, { start, end }): ArtistTotal => ({
    artistId,
    artistName: String(median),
    windowStart: start,
    windowEnd: end,
    plays,
    msPlayed: ms,
    listeners,
    listenerBits: '',
    receivedAt: latest ?? 0,
  }),
)

const perMinute = topology('per-minute', ({ read }) =>
  read(topics.playsClean, { time: ({ playedAt }) => playedAt }).pipe(
    foldWindow({ windows: tumbling(MINUTE, { grace: 0 }), fold: totals, late: latePlay }),
    route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
  ),
)

interface Sending {
  value: CleanPlay
  key: string
  crash: boolean
}

const sendings = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b'),
    crash: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    value: fc
      .record({
        after: fc.integer({ min: 0, max: 3 * MINUTE }),
        msPlayed: fc.integer({ min: 0, max: 600_000 }),
        listener: fc.constantFrom('ada', 'bob', 'cyd'),
      })
      .map(({ after, ...rest }) => ({ ...play(rest), playedAt: at('12:00:00') + after })),
  }),
  { maxLength: 30 },
)

async function run(all: readonly Sending[]) {
  const kafka = drive(perMinute)
  for (const { key, value, crash } of all) {
    if (crash) kafka.crash()
    await kafka.send(topics.playsClean, value, { key })
  }
  const written = { live: kafka.written(topics.artistTotalsLive), closed: kafka.written(topics.artistTotals) }
  return { ...written, late: kafka.written(topics.latePlays).length }
}

test('in windows, crashes in the middle change nothing, and each figure is that of the plays in the window', async () => {
  await fc.assert(
    fc.asyncProperty(sendings, async (all) => {
      const { live, closed, late } = await run(all)
      const undisturbed = await run(all.map((each) => ({ ...each, crash: false })))
      assert.deepEqual({ live, closed, late }, undisturbed)
      assert.equal(live.length + late, all.length)

      let streamTime = -Infinity
      const taken = all.filter(({ value: { playedAt } }) => {
        streamTime = Math.max(streamTime, playedAt)
        return playedAt - (playedAt % MINUTE) + MINUTE > streamTime
      })
      for (const { key, value } of closed) {
        const plays = taken
          .filter((each) => each.key === key && each.value.playedAt >= value.windowStart)
          .filter((each) => each.value.playedAt < value.windowEnd)
          .map((each) => each.value)
        assert.equal(value.plays, plays.length)
        assert.equal(
          value.msPlayed,
          plays.reduce((total, { msPlayed }) => total + msPlayed, 0),
        )
        assert.equal(value.listeners, new Set(plays.map(({ listener }) => listener)).size)
        assert.equal(value.receivedAt, Math.max(...plays.map(({ receivedAt }) => receivedAt)))
      }
    }),
    { numRuns: 300 },
  )
})

test('without a function for its result it tells a record of the figures', () => {
  const both = combine({ plays: count(), ms: sum((row: { ms: number }) => row.ms) })
  const told: { plays: number; ms: number } = foldAll(both, [{ ms: 30 }, { ms: 12 }])
  assert.deepEqual(told, { plays: 2, ms: 42 })
})

test('combinations combine', () => {
  const nested = combine({ all: count(), ms: combine({ sum: sum(itself), longest: max(itself) }) })
  assert.deepEqual(foldAll(nested, [30, 12]), { all: 2, ms: { sum: 42, longest: 30 } })
  const restored = nested.codec.decode(nested.codec.encode(stateOf(nested, [30, 12])))
  assert.deepEqual(nested.result(restored, ...nowhere), { all: 2, ms: { sum: 42, longest: 30 } })
})

test('a figure that is added begins empty in the state of before, one that is left out is forgotten', () => {
  const before = combine({ plays: count(), ms: sum(itself) })
  const after = combine({ longest: max(itself), plays: count() })
  const restored = after.codec.decode(before.codec.encode(stateOf(before, [30, 12])))
  assert.deepEqual(after.result(restored, ...nowhere), { longest: null, plays: 2 })
  assert.deepEqual(after.result(after.add(restored, 7), ...nowhere), { longest: 7, plays: 3 })
})

test('an error says which figure it is', () => {
  const broken = combine({ plays: count(), ms: sum((_row: number) => Number.NaN) })
  assert.throws(() => foldAll(broken, [1]), /combine\(\), "ms": sum\(\) is given/)
})

const itself = (figure: number) => figure

test('an error that names its part stays of its class, where that says something', () => {
  const failing = (error: Error) =>
    combine({
      part: {
        ...count(),
        add: () => {
          throw error
        },
      },
    })
  for (const Kind of [RangeError, TypeError, TopologyError, Error])
    assert.throws(
      () => failing(new Kind('why')).add({}, null as never),
      (error) => {
        assert.ok(error instanceof Kind)
        assert.equal(String(error), `${Kind.name}: combine(), "part": why`)
        return true
      },
    )
})

test('its state is the Avro map of the bytes of its parts, however it is written', () => {
  const bytesByName = avroState<Record<string, Buffer>>({ type: 'map', values: 'bytes' })
  const parts = {
    plays: count(),
    texts: distinct((text: string) => text),
    lengths: sum((text: string) => text.length),
  }
  const { initial, add, codec } = combine(parts)
  fc.assert(
    fc.property(fc.array(fc.string()), (rows) => {
      const state = rows.reduce(add, initial())
      const out = new ByteWriter(16)
      writeState(codec, state, out)
      const written = out.take()
      assert.deepEqual(written, codec.encode(state))
      const { plays, texts, lengths } = parts
      const own = {
        plays: plays.codec.encode(state['plays'] as never),
        texts: texts.codec.encode(state['texts'] as never),
        lengths: lengths.codec.encode(state['lengths'] as never),
      }
      assert.deepEqual(written, bytesByName.encode(own))
    }),
  )
})
