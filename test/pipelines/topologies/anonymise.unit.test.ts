import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDeadLetter } from '../../../pipelines/engine/dead-letters.ts'
import { hours } from '../../../pipelines/engine/index.ts'
import { drive, driverDeadLetterKey } from '../../../pipelines/engine/testing/drive.ts'
import { anonymise } from '../../../pipelines/topologies/anonymise.ts'
import { topologies } from '../../../pipelines/topologies/index.ts'
import { pseudonymise } from '../../../schemas/pseudonym.ts'
import { topics } from '../../../schemas/topics.ts'
import { at, rawPlay } from '../../kit/builders.ts'

const pseudonymKey = Buffer.alloc(32, 5)
const door = anonymise({ pseudonymKey, rememberMs: hours(48) })
const { plays, playsClean, duplicatePlays, deadLetters } = topics

test('a clean play is keyed by pseudonym and stays on the partition of its user', async () => {
  const kafka = drive(door, { partitions: 3 })
  for (const partition of [2, 0, 1])
    await kafka.send(plays, rawPlay({ userId: `user ${partition}` }), { partition, key: `user ${partition}` })
  assert.deepEqual(
    kafka.written(playsClean).map(({ key, partition }) => [key, partition]),
    [2, 0, 1].map((partition) => [pseudonymise(pseudonymKey, `user ${partition}`), partition]),
  )
})

test('a play sent twice is clean once, in either spelling of its id, after a crash too', async () => {
  const kafka = drive(door)
  const eventId = 'abcdefab-0000-0000-0000-000000000001'
  await kafka.send(plays, rawPlay({ eventId }))
  await kafka.send(plays, rawPlay({ eventId: eventId.toUpperCase() }))
  kafka.crash()
  await kafka.send(plays, rawPlay({ eventId }))
  assert.equal(kafka.written(playsClean).length, 1)
  assert.equal(kafka.written(duplicatePlays).length, 2)
  assert.deepEqual(kafka.written(deadLetters), [])
})

test('garbage is one dead letter each, with its reason, and the plays around it go through', async () => {
  const kafka = drive(door, { now: at('12:30:00') })
  const garbage: [string, Buffer | null][] = [
    ['null_value', null],
    ['not_wire_format', Buffer.from('{"userId":"ada"}')],
    ['unknown_schema_id', Buffer.from([0, 0, 1, 0, 0, 1, 2, 3])],
    ['malformed_avro', Buffer.from([0, 0, 0, 0, 1, 8])],
  ]
  await kafka.send(plays, rawPlay())
  for (const [, bytes] of garbage) await kafka.sendBytes(plays, bytes, { key: 'ada' })
  await kafka.send(plays, rawPlay({ playedAt: Date.UTC(2099, 0, 1) }))
  await kafka.send(plays, rawPlay({ playedAt: Date.UTC(1901, 0, 1) }))
  await kafka.send(plays, rawPlay())

  const letters = kafka.written(deadLetters).map(({ value }) => value)
  assert.deepEqual(
    letters.map(({ kind, reason, offset }) => [kind, reason, offset]),
    [
      ...garbage.map(([reason], index) => ['decode', reason, index + 1]),
      ['validate', 'played_at_in_future', 5],
      ['validate', 'played_at_before_streaming', 6],
    ],
  )
  assert.equal(kafka.written(playsClean).length, 2)
  for (const [index, [, bytes]] of garbage.entries()) {
    const opened = openDeadLetter(driverDeadLetterKey, letters[index]!)
    assert.deepEqual([opened.key?.toString(), opened.value], ['ada', bytes])
  }
})

test('every topology of the product is found by its own name', () => {
  for (const [name, make] of Object.entries(topologies))
    assert.equal(make({ pseudonymKey, rememberMs: 1 }).name, name)
})
