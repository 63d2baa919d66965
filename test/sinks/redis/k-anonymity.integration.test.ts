import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { TotalsStore } from '../../../sinks/redis/totals-store.ts'
import { MINUTE, type TotalRecord, artistTotal, listenersIn, rowsOf } from './totals-model.ts'
import { redisRoom } from './room.ts'

let room: Awaited<ReturnType<typeof redisRoom>>
let store: TotalsStore
let next = 0n
before(async () => (room = await redisRoom()))
beforeEach(async () => {
  await room.empty()
  next = 0n
  store = await room.store({ k: 3, spanMs: 60 * MINUTE })
  await store.begin('t', new Map([[0, 0n]]))
})
after(() => room.close())

/** A total of as many plays as listeners, unless it says so; the listeners are digits. */
const total = (artist: string, listeners: string, { window = 1, plays = listeners.length } = {}) => ({
  artist,
  window,
  plays,
  ms: 0,
  who: Array.from(listeners, Number).reduce((all, listener) => all | (1 << listener), 0),
})

async function published(...totals: Omit<TotalRecord, 'partition'>[]) {
  const rows = rowsOf(totals.map(artistTotal), Number(next))
  const step = { partition: 0, from: next, next: next + BigInt(rows.length), rows }
  next = step.next
  await store.apply('t', { partitions: [step], receivedAt: [], refused: [] })
  const { top, minutes, totalPlays } = (await room.log()).at(-1)!.data
  return { top: top.map(({ artistId }) => artistId), minutes: minutes.map(({ plays }) => plays), totalPlays }
}

test('an artist comes onto the list with the third listener of the hour, whichever minutes they listen in', async () => {
  assert.deepEqual((await published(total('a', '12', { plays: 90 }))).top, [])
  assert.deepEqual((await published(total('a', '12', { window: 30, plays: 90 }))).top, [])
  assert.deepEqual((await published(total('a', '3', { window: 31 }))).top, ['a'])
  // The first minute leaves the hour, in which nobody was who is not in the others; with the next one two of three go.
  const still = await published(total('b', '456', { window: 61 }), total('a', '3', { window: 62 }))
  assert.deepEqual(still.top, ['a', 'b'])
  assert.deepEqual((await published(total('b', '456', { window: 90 }))).top, [])
})

test('who is looked at anew is heard in all minutes of their partition, and offsets are nobody', async () => {
  // As of a topic that has been read for long: their digits would be many listeners.
  await room.empty()
  const begun = 0xffff_ffffn
  await store.begin('t', new Map([0, 1].map((partition) => [partition, begun])))
  const next = new Map([0, 1].map((partition) => [partition, begun]))
  const step = async (...records: TotalRecord[]) => {
    const partitions = [...Map.groupBy(records, ({ partition }) => partition)].map(([partition, its]) => {
      const from = next.get(partition)!
      next.set(partition, from + BigInt(its.length))
      return { partition, from, next: next.get(partition)!, rows: rowsOf(its.map(artistTotal), Number(from)) }
    })
    await store.apply('t', { partitions, receivedAt: [], refused: [] })
    return (await room.log()).at(-1)!.data.top.map(({ artistId }) => artistId)
  }
  const in0 = { partition: 0 }
  const in1 = { partition: 1 }
  const few = [total('few', '1', { plays: 50 }), total('few', '2', { window: 2, plays: 50 })]
  const enough = [total('enough', '4', { plays: 9 }), total('enough', '56', { window: 2 })]
  const rest = total('rest', '789', { window: 2 })
  const all = [...few, rest].map((each) => ({ ...each, ...in0 }))
  assert.deepEqual(await step(...all, ...enough.map((each) => ({ ...each, ...in1 }))), ['enough'])
  // Whom an expired minute makes unknown is looked at anew: here, everybody.
  const heard = room.totals.scriptKeys.at(-2)!
  await room.redis.del(heard)
  assert.deepEqual(await step({ ...total('rest', '7890', { window: 2 }), ...in0 }), ['enough'])
  const bits = await room.redis.hgetall(heard)
  assert.deepEqual(
    Object.entries(bits)
      .map(([artist, hex]) => [artist, listenersIn(parseInt(hex, 16))])
      .sort(),
    [
      ['enough', 3],
      ['few', 2],
      ['rest', 4],
    ],
  )
})

test('a total that was taken back takes its listeners with it', async () => {
  assert.deepEqual((await published(total('a', '123'))).top, ['a'])
  assert.deepEqual((await published(total('a', '12'))).top, [])
  assert.deepEqual((await published(total('a', '125'))).top, ['a'])
})

test('a single artist who is not on the list is hidden behind the last one who is', async () => {
  const crowd = [total('a', '123', { plays: 9 }), total('b', '456', { plays: 8 })]
  assert.deepEqual((await published(...crowd)).top, ['a', 'b'])
  assert.deepEqual((await published(total('c', '7'))).top, ['a'])
  assert.deepEqual((await published(total('d', '8'), total('e', '9'))).top, ['a', 'b'])
})

test('ten are enough for a list, and those behind them need not be known one by one', async () => {
  const crowd = Array.from({ length: 80 }, (_, at) =>
    total(`a${at}`, at < 12 ? '123' : '4', { plays: 200 - at }),
  )
  assert.deepEqual(
    (await published(...crowd)).top,
    Array.from({ length: 10 }, (_, at) => `a${at}`),
  )
})

test('of the first fifty by plays none has enough listeners: the list is empty', async () => {
  const crowd = Array.from({ length: 60 }, (_, at) =>
    total(`a${at}`, at < 50 ? '1' : '123', { plays: 200 - at }),
  )
  assert.deepEqual((await published(...crowd)).top, [])
})

test('a minute is published with its third listener, and counts in all from then on', async () => {
  assert.deepEqual(await published(total('a', '12', { plays: 5 })), { top: [], minutes: [], totalPlays: 0 })
  assert.deepEqual(await published(total('b', '2', { plays: 2 })), { top: [], minutes: [], totalPlays: 0 })
  assert.deepEqual(await published(total('b', '23', { plays: 3 })), { top: [], minutes: [8], totalPlays: 8 })
  assert.deepEqual(await published(total('c', '3')), { top: [], minutes: [9], totalPlays: 9 })
  assert.deepEqual(await published(total('c', '3', { window: 2 })), { top: [], minutes: [], totalPlays: 9 })
})

test('what an older version wrote, which does not tell listeners, is nobody’s', async () => {
  assert.deepEqual((await published({ artist: 'a', window: 1, plays: 90, ms: 0 })).top, [])
  const held = `${room.totals.windowPrefix}${MINUTE}:0`
  await room.redis.hset(held, 'a', '90 0')
  assert.deepEqual((await published(total('a', '123', { plays: 91 }))).top, ['a'])
})
