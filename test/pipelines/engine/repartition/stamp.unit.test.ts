import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  STAMP_HEADER,
  encodeMarker,
  encodeStamp,
  isMarker,
  markerIn,
  stampIn,
} from '../../../../pipelines/engine/stamp.ts'

const time = fc.oneof(fc.maxSafeInteger(), fc.constant(-Infinity))
const upstream = fc.nat(2 ** 31 - 1)
const headersOf = (bytes: Buffer) => ({ [STAMP_HEADER]: bytes })

test('a row keeps its times, and where they come from', () => {
  const stamp = fc.record({ time, carried: time, upstream, watermark: time }, { noNullPrototype: true })
  const property = fc.property(stamp, fc.boolean(), (given, same) => {
    const one = same ? { ...given, watermark: given.carried } : given
    const headers = headersOf(encodeStamp(one))
    assert.deepEqual(
      [stampIn({ headers }), markerIn({ headers }), isMarker({ headers })],
      [one, undefined, false],
    )
  })
  fc.assert(property)
})

test('a marker says how far which task has come', () => {
  const property = fc.property(
    fc.record({ watermark: time, upstream, idle: fc.boolean() }, { noNullPrototype: true }),
    (marker) => {
      const headers = headersOf(encodeMarker(marker))
      assert.deepEqual(
        [markerIn({ headers }), stampIn({ headers }), isMarker({ headers })],
        [marker, undefined, true],
      )
    },
  )
  fc.assert(property)
})

test('the layout of a row and of a marker', () => {
  const times = { time: 1, carried: 2, upstream: 3, watermark: 2 }
  const [one, two, minusTwo] = ['3ff0000000000000', '4000000000000000', 'c000000000000000']
  assert.equal(encodeStamp(times).toString('hex'), one + two + '00000003')
  assert.equal(encodeStamp({ ...times, watermark: -2 }).toString('hex'), one + two + '00000003' + minusTwo)
  const marker = encodeMarker({ watermark: 1, upstream: 258, idle: true })
  assert.equal(marker.toString('hex'), one + '00000102' + '01')
})

test('whatever else the header holds is neither, and no error', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const headers = headersOf(Buffer.from(bytes))
    if (![20, 28].includes(bytes.length)) assert.equal(stampIn({ headers }), undefined)
    if (bytes.length !== 13) assert.equal(markerIn({ headers }), undefined)
  })
  fc.assert(property)
  for (const headers of [{}, { [STAMP_HEADER]: undefined }, { [STAMP_HEADER]: 'text' }])
    assert.deepEqual([stampIn({ headers }), markerIn({ headers })], [undefined, undefined])
})
