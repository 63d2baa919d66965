import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ledger, ledgerKey } from '../../../sources/import/ledger.ts'
import type { PartitionReader } from '../../../sources/import/partition-reader.ts'

const id = (each: number) => each.toString(16).padStart(16, '0').padEnd(32, '0')

/** A ledger of one partition that is written while it is read, and tells of more than it is asked for. */
function written() {
  const keys: string[] = []
  const asked: [from: bigint, until: bigint][] = []
  /** What has come by the time of the reading, but not by the time that its end was asked for. */
  let meanwhile: string[] = []
  const reader: PartitionReader = {
    ends: ([topic]) => Promise.resolve(new Map([[`${topic}:0`, { low: 0n, high: BigInt(keys.length) }]])),
    read: async (ranges, onRead) => {
      keys.push(...meanwhile.splice(0))
      for (const { topic, partition, from, until } of ranges.filter((range) => range.from < range.until)) {
        asked.push([from, until])
        const records = keys.slice(Number(from)).map((key) => ({ key: Buffer.from(key), value: null }))
        await onRead({ topic, partition }, records, BigInt(keys.length))
      }
    },
  }
  return { keys, asked, reader, later: (...some: string[]) => (meanwhile = some) }
}

test('it is read once for many listeners, and for each of them from there to its end then', async () => {
  const { keys, asked, reader, later } = written()
  keys.push(ledgerKey('a', [id(1), id(2)]), ledgerKey('nobody', [id(3)]), ledgerKey('b', [id(3)]))
  const ledger = new Ledger(reader, 'p.', ['a', 'b', 'c'])
  later(ledgerKey('b', [id(4)]))
  const ofA = await ledger.take('a')
  assert.deepEqual(
    [1, 2, 3].map((each) => ofA.take(id(each))),
    [-1, -1, 0],
  )
  keys.push(ledgerKey('b', [id(5)]))
  const ofB = await ledger.take('b')
  assert.deepEqual(
    [1, 3, 4, 5].map((each) => ofB.take(id(each))),
    [0, -1, -1, -1],
  )
  await ledger.take('c')
  assert.deepEqual(asked, [
    [0n, 3n],
    [4n, 5n],
  ])
})

test('what lies behind a range is told once: a play that is told twice would hide an equal one', async () => {
  const { keys, reader, later } = written()
  keys.push(ledgerKey('a', [id(1)]))
  const ledger = new Ledger(reader, '', ['a', 'b'])
  later(ledgerKey('b', [id(2)]))
  await ledger.take('a')
  const ofB = await ledger.take('b')
  assert.deepEqual([ofB.take(id(2)), ofB.take(id(2))], [-1, 1])
})
