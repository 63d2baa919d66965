import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { joinTopics } from './join-topics.ts'
import { type Rules, joinedNumbers } from './joined-numbers.ts'

const { plays, reactions, together, notInTime } = joinTopics
const PARTITIONS = 2

interface Sending {
  side: 'left' | 'right'
  key: string
  time: number
  partition: number
  /** The process is killed before it. */
  crash: boolean
}

async function run(rules: Rules, sendings: Sending[]) {
  const kafka = drive(joinedNumbers(rules), { partitions: PARTITIONS })
  for (const [id, { side, key, time, partition, crash }] of sendings.entries()) {
    if (crash) kafka.crash()
    await kafka.send(side === 'left' ? plays : reactions, { id, time }, { key, partition })
  }
  const late = kafka.written(notInTime).map(({ key, value }) => ({ key, ...value }))
  return { joined: kafka.written(together).map(({ key, value }) => ({ key, ...value })), late }
}

interface Joined {
  key: string
  left: number | null
  right: number | null
  time: number
}

/** Byte order, as Kafka Streams keeps keys; the keys of these tests are of one byte or none. */
const inOrderOfKeys = (a: string, b: string) => (a < b ? -1 : Number(a > b))

/** Everything anew from the list of all rows: no row is remembered, each one's story is told from the list. */
function expected({ kind, within, grace, timeSemantics }: Rules, sendings: Sending[]) {
  const rows = sendings.map((sending, id) => ({ ...sending, id }))
  type Listed = (typeof rows)[number]
  const retention = within + grace + Math.max(1, within)
  const highest = (last: number, of: (row: Listed) => boolean) =>
    Math.max(...rows.filter((row) => row.id <= last && of(row)).map(({ time }) => time))
  const streamTime = (at: number, { partition }: Listed) =>
    highest(at, (each) => each.partition === partition)
  const timeOf = (at: number, { partition, side }: Listed) =>
    highest(at, (row) => row.partition === partition && (timeSemantics === 'task' || row.side === side))
  const isLate = (row: Listed) => timeOf(row.id, row) - row.time >= retention
  const mayBeAlone = ({ side }: Listed) => kind === 'outer' || (kind === 'left' && side === 'left')

  /** When stream time leaves the row behind: by which row. */
  const left = (row: Listed) =>
    rows.find(
      (each) =>
        each.id >= row.id &&
        each.partition === row.partition &&
        streamTime(each.id, row) > row.time + within + grace,
    )?.id ?? Infinity
  const partnersBefore = (row: Listed): Listed[] =>
    rows
      .filter((each) => each.id < row.id && each.side !== row.side && each.key === row.key)
      .filter((each) => each.partition === row.partition && Math.abs(each.time - row.time) <= within)
      .filter((each) => !isLate(each) && timeOf(row.id, each) - each.time < retention)
      .filter((each) => aloneAt(each) > row.id)
      .toSorted((a, b) => a.time - b.time || a.id - b.id)
  const told = new Map<number, number>()
  /** By which row it comes out alone; never: infinite. */
  function aloneAt(row: Listed): number {
    const known = told.get(row.id)
    if (known !== undefined) return known
    const at = mayBeAlone(row) && partnersBefore(row).length === 0 && !isTaken(row) ? left(row) : Infinity
    told.set(row.id, at)
    return at
  }
  /** Whether a later row takes it before it is left behind. */
  const isTaken = (row: Listed) =>
    !isLate(row) &&
    rows.some(
      (each) =>
        each.id > row.id &&
        each.id < left(row) &&
        each.side !== row.side &&
        each.key === row.key &&
        each.partition === row.partition &&
        Math.abs(each.time - row.time) <= within,
    )

  const alone = ({ key, id, side, time }: Listed): Joined =>
    side === 'left' ? { key, left: id, right: null, time } : { key, left: null, right: id, time }
  const joined = rows.flatMap((row) => {
    const due = rows
      .filter((each) => each.id < row.id && aloneAt(each) === row.id)
      .toSorted(
        (a, b) =>
          a.time - b.time || -inOrderOfKeys(a.side, b.side) || inOrderOfKeys(a.key, b.key) || a.id - b.id,
      )
    const pairs = partnersBefore(row).map((each) => ({
      key: row.key,
      left: row.side === 'left' ? row.id : each.id,
      right: row.side === 'left' ? each.id : row.id,
      time: Math.max(row.time, each.time),
    }))
    return [...due.map(alone), ...pairs, ...(aloneAt(row) === row.id ? [alone(row)] : [])]
  })
  const late = rows.filter(isLate).map((row) => {
    const streamTime = timeOf(row.id, row)
    return {
      key: row.key,
      id: row.id,
      side: row.side,
      streamTime,
      lateByMs: streamTime - row.time - retention,
    }
  })
  return { joined, late }
}

const sending = fc.record({
  side: fc.constantFrom('left' as const, 'right' as const),
  key: fc.constantFrom('a', 'a', 'b', ':', ''),
  time: fc.integer({ min: -20, max: 20 }),
  partition: fc.nat(PARTITIONS - 1),
  crash: fc.nat(9).map((n) => n === 0),
})
const length = fc.integer({ min: 0, max: 6 })

const ofOrder = fc.array(sending, { maxLength: 20, size: 'max' })

for (const kind of ['inner', 'left', 'outer'] as const) {
  test(`${kind}: whatever comes in whatever order, through crashes, is joined as if from a list of everything`, async () => {
    await fc.assert(
      fc.asyncProperty(length, length, ofOrder, async (within, grace, all) => {
        const rules = { kind, within, grace, timeSemantics: 'task' as const }
        assert.deepEqual(await run(rules, all), expected(rules, all))
      }),
      { numRuns: 1_000 },
    )
  })
}

/* Stream time is in memory there: a crash forgets it. */
test('kafka-streams: … each side forgets by its own time', async () => {
  const kinds = fc.constantFrom('inner' as const, 'left' as const, 'outer' as const)
  const uncut = ofOrder.map((all) => all.map((each) => ({ ...each, crash: false })))
  await fc.assert(
    fc.asyncProperty(kinds, length, length, uncut, async (kind, within, grace, all) => {
      const rules = { kind, within, grace, timeSemantics: 'kafka-streams' as const }
      assert.deepEqual(await run(rules, all), expected(rules, all))
    }),
    { numRuns: 1_000 },
  )
})

const at = (side: 'left' | 'right', time: number, key = 'a'): Sending => ({
  side,
  key,
  time,
  partition: 0,
  crash: false,
})
const thirtyAndTen = { within: 30, grace: 10, timeSemantics: 'task' as const }

/*
 *     left      0                          within 30, grace 10: waits until stream time is past 40
 *     right        40(b)   41(b)   30
 *     joined              0,-
 */
test('a row comes out alone past its time, within and grace, and who comes then does not find it', async () => {
  const until = [at('left', 0), at('right', 40, 'b')]
  const outcome = async (...more: Sending[]) =>
    (await run({ kind: 'left', ...thirtyAndTen }, [...until, ...more])).joined.map(({ left, right }) => [
      left,
      right,
    ])
  assert.deepEqual(await outcome(), [])
  assert.deepEqual(await outcome(at('right', 30)), [[0, 2]])
  assert.deepEqual(await outcome(at('right', 41, 'b'), at('right', 30)), [[0, null]])
})

test('stream time moves first: the row that moves it does not find who is due', async () => {
  const { joined } = await run({ kind: 'outer', within: 30, grace: 0, timeSemantics: 'task' }, [
    at('left', 0),
    at('right', 31),
    at('right', 30),
  ])
  assert.deepEqual(
    joined.map(({ left, right }) => [left, right]),
    [[0, null]],
  )
})

test('partners are as far apart as within, and not a millisecond more; the later time is that of the pair', async () => {
  const { joined } = await run({ kind: 'inner', ...thirtyAndTen }, [
    at('left', 0),
    at('right', 30),
    at('right', 31),
    at('right', -30),
    at('right', -31),
  ])
  assert.deepEqual(joined, [
    { key: 'a', left: 0, right: 1, time: 30 },
    { key: 'a', left: 0, right: 3, time: 0 },
  ])
})

test('late is who comes when stream time has reached its time, twice within, and grace', async () => {
  const { late } = await run({ kind: 'inner', ...thirtyAndTen }, [
    at('left', 70),
    at('right', 1),
    at('right', 0),
  ])
  assert.deepEqual(late, [{ key: 'a', id: 2, side: 'right', streamTime: 70, lateByMs: 0 }])
})

test('a time that is not in whole ms, 0 or more, is refused', () => {
  assert.throws(() => drive(joinedNumbers({ kind: 'left', ...thirtyAndTen, within: 0.5 })), /within 0.5 ms/)
  assert.throws(() => drive(joinedNumbers({ kind: 'left', ...thirtyAndTen, within: -1 })), /within -1 ms/)
  assert.throws(() => drive(joinedNumbers({ kind: 'left', ...thirtyAndTen, grace: NaN })), /grace of NaN ms/)
})
