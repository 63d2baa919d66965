import fc from 'fast-check'
import { type BatchOptions, COMPRESSIONS, type RecordOfBatch } from './record-batches.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((each) => Buffer.from(each))
const nullable = (maxLength: number) => fc.option(bytes(maxLength), { nil: null })
/** Not those that every object has: kafkajs's decoder loses them. */
const headerName = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => !(name in {}))
const headerValue = fc.oneof(bytes(200), fc.array(bytes(8), { minLength: 2, maxLength: 3 }))

const record = fc.record({
  key: nullable(80),
  value: nullable(300),
  headers: fc.dictionary(headerName, headerValue, { maxKeys: 3, noNullPrototype: true }),
  timestampDelta: fc.oneof(
    fc.integer({ min: -100, max: 100 }),
    fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
  ),
  /** What compaction has taken away before it. */
  gap: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(1_000_000) }),
})

/** Any batch that a broker may keep: of any compression, in or out of a transaction, stamped by either, compacted or not. */
export const arbitraryBatch: fc.Arbitrary<BatchOptions> = fc
  .record({
    baseOffset: fc.oneof(fc.nat(1_000), fc.bigInt({ min: 0n, max: 2n ** 62n })),
    given: fc.array(record, { maxLength: 12 }),
    gapBehind: fc.nat(3),
    compression: fc.constantFrom(...COMPRESSIONS),
    baseTimestamp: fc.nat(2 ** 31 - 1).map((seconds) => seconds * 1_000),
    maxTimestamp: fc.nat(2 ** 31 - 1).map((seconds) => seconds * 1_000 + 1),
    logAppendTime: fc.boolean(),
    transactional: fc.boolean(),
    producerId: fc.integer({ min: -1, max: 5 }),
    marker: fc.option(fc.constantFrom('abort' as const, 'commit' as const), { freq: 8, nil: undefined }),
  })
  .map(({ given, gapBehind, marker, ...rest }) => {
    let next = 0
    const records = given.map(({ gap, ...each }): RecordOfBatch => {
      const offsetDelta = next + gap
      next = offsetDelta + 1
      return { ...each, offsetDelta }
    })
    const lastOffsetDelta = marker === undefined ? Math.max(0, next - 1) + gapBehind : 0
    return { ...rest, records, lastOffsetDelta, ...(marker !== undefined && { marker }) }
  })
