import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OutgoingRecords } from '../../../pipelines/engine/outgoing-records.ts'

const record = fc.record({
  key: fc.string({ maxLength: 8 }),
  value: fc.option(
    fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
    { nil: null },
  ),
  partition: fc.option(fc.nat(5), { nil: undefined }),
  headers: fc.option(fc.constant({ h: Buffer.of(1) }), { nil: undefined }),
})

test('what has been added comes out again, in order, each with its own value, partition and headers', () => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 30 }),
      fc.option(fc.nat(5), { nil: undefined }),
      (records, otherwise) => {
        const outgoing = new OutgoingRecords('t', otherwise)
        for (const { key, value, partition, headers } of records) {
          if (value === null) outgoing.addNull(key, partition, headers)
          else {
            outgoing.values.bytes(value)
            outgoing.add(key, partition, headers)
          }
        }
        assert.deepEqual(
          [...outgoing],
          records.map(({ key, value, partition = otherwise, headers }) => ({
            topic: 't',
            key,
            value,
            partition,
            ...(headers !== undefined && { headers }),
          })),
        )
        const placed = records.every(({ partition = otherwise }) => partition !== undefined)
        assert.deepEqual([outgoing.count, outgoing.keyed], [records.length, !placed])
      },
    ),
  )
})

test('what is taken back is in no record', () => {
  const outgoing = new OutgoingRecords('t')
  outgoing.values.byte(1)
  outgoing.add('a')
  outgoing.values.int32(2)
  assert.deepEqual(Buffer.from(outgoing.takeBack()), Buffer.of(0, 0, 0, 2))
  outgoing.values.byte(3)
  outgoing.add('b')
  assert.deepEqual(
    Array.from(outgoing, ({ value }) => value),
    [Buffer.of(1), Buffer.of(3)],
  )
})
