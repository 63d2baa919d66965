import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from 'kafkajs'
import { madeMessage, servedMessage } from '../../cli/versions/versions-in-kafka.ts'
import { Versions, kafkaNameOf, labelOf } from '../../cli/versions/versions.ts'

function after(...messages: Message[]): Versions {
  const versions = new Versions()
  for (const { key, value } of messages)
    versions.take(String(key), value === null ? null : Buffer.from(String(value)))
  return versions
}

const at = (version: number) => ({ topology: 'listening-totals', version })
const kept = { from: 'kept', since: 1 } as const

test('a topology of which nothing is said is in service in its first version', () => {
  assert.equal(after().inService('listening-totals'), 1)
  assert.deepEqual(after().of('listening-totals'), [])
})

test('a version is in the making until it is in service; the last word counts', () => {
  const making = after(madeMessage(at(2), kept))
  assert.deepEqual(making.inTheMaking('listening-totals'), { ...at(2), record: kept })
  assert.equal(making.inService('listening-totals'), 1)
  const served = after(madeMessage(at(2), kept), servedMessage(at(2)))
  assert.equal(served.inService('listening-totals'), 2)
  assert.equal(served.inTheMaking('listening-totals'), undefined)
  assert.deepEqual(served.of('listening-totals'), [{ ...at(2), record: kept }])
})

test('a version that has been removed is none any more; those of other topologies are others', () => {
  const versions = after(
    madeMessage(at(2), kept),
    madeMessage({ topology: 'other', version: 2 }, kept),
    madeMessage(at(2), null),
  )
  assert.deepEqual(versions.of('listening-totals'), [])
  assert.equal(versions.of('other').length, 1)
})

test('what is no JSON is passed over', () => {
  const versions = new Versions()
  versions.take('listening-totals', Buffer.from('?'))
  versions.take('', null)
  assert.equal(versions.inService('listening-totals'), 1)
})

test('people write it with an at sign, which Kafka does not allow', () => {
  assert.deepEqual([labelOf(at(2)), kafkaNameOf(at(2))], ['listening-totals@2', 'listening-totals.v2'])
})
