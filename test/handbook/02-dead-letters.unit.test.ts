/**
 * Chapter 2. Dead letters.
 *
 * A record that cannot be read, or that a step refuses, is set aside: the topology goes on, and the topic `dead-letters`
 * gets why, from where, and the record itself, sealed. A bug is something else: it ends the process.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDeadLetter } from '../../pipelines/engine/dead-letters.ts'
import {
  type Fix,
  type Outcome,
  type Step,
  deadLetter,
  ok,
  step,
  topic,
  topology,
  write,
} from '../../pipelines/engine/index.ts'
import { drive, driverDeadLetterKey } from '../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { play } from '../kit/builders.ts'

const needsCountry: Step<CleanPlay, CleanPlay> = function needsCountry(value) {
  return value.country === null ? deadLetter('no_country') : ok(value)
}

const checked = topic('checked', topics.playsClean.value, 'user')

const checking = topology('checking', ({ read }) =>
  read(topics.playsClean).pipe(step(needsCountry), write(checked)),
)

test('2.1 what a step refuses is one dead letter, and the rows around it go through', async () => {
  const kafka = drive(checking)
  for (const country of ['NO', null, 'SE']) await kafka.send(topics.playsClean, play({ country }))

  assert.deepEqual(
    kafka.written(checked).map(({ value }) => value.country),
    ['NO', 'SE'],
  )
  const [letter] = kafka.written(topics.deadLetters).map(({ value }) => value)
  assert.deepEqual([letter?.stage, letter?.kind, letter?.reason], ['checking', 'step', 'no_country'])
  assert.deepEqual([letter?.topic, letter?.partition, letter?.offset], ['plays-clean', 0, 1])
})

test('2.2 bytes that nobody can read are set aside, too: `sendBytes` sends what no codec would write', async () => {
  const kafka = drive(checking)
  await kafka.sendBytes(topics.playsClean, Buffer.from('{"json": true}'))
  await kafka.sendBytes(topics.playsClean, null)
  assert.deepEqual(
    kafka.written(topics.deadLetters).map(({ value }) => [value.kind, value.reason]),
    [
      ['decode', 'not_wire_format'],
      ['decode', 'null_value'],
    ],
  )
})

test('2.3 with the key the record is opened again, byte for byte', async () => {
  const kafka = drive(checking)
  const bytes = Buffer.from('garbage')
  await kafka.sendBytes(topics.playsClean, bytes, { key: 'k', headers: { source: 'app' } })
  const [row] = kafka.written(topics.deadLetters)
  assert.ok(row)
  const { key, value, headers } = openDeadLetter(driverDeadLetterKey, row.value)
  assert.deepEqual([key, value], [Buffer.from('k'), bytes])
  assert.deepEqual(
    headers.map((header) => [header.name, header.value?.toString()]),
    [['source', 'app']],
  )
})

test('2.4 a code says more precisely what is wrong, for who looks at letters', async () => {
  const coded = topology('coded', ({ read }) =>
    read(topics.playsClean).pipe(
      step((value: CleanPlay) =>
        value.country === null ? deadLetter('no_country', 'geo_not_asked') : ok(value),
      ),
      write(checked),
    ),
  )
  const kafka = drive(coded)
  await kafka.send(topics.playsClean, play({ country: null }))
  await kafka.sendBytes(topics.playsClean, null)
  assert.deepEqual(
    kafka.written(topics.deadLetters).map(({ value }) => value.errorCode),
    ['geo_not_asked', 'DECODE_NULL_VALUE'],
  )
})

/*
 * `continuo dlq replay --fix fix.ts` gives letters back to the topology that refused them, and to nobody else. What a fix is to do is tried here:
 * `replay` gives one back to a topology that is driven.
 */
test('2.5 a letter is given back as a fix mends it: its record goes through at its own place and time', async () => {
  const kafka = drive(checking)
  await kafka.send(topics.playsClean, play({ country: null }), { key: 'k' })
  const [letter] = kafka.written(topics.deadLetters).map(({ value }) => value)
  const inNorway: Fix<CleanPlay> = (original, _, { decoded, encode }) =>
    decoded === undefined ? null : { ...original, value: encode({ ...decoded, country: 'NO' }) }
  await kafka.replay(letter!, { fix: inNorway })
  assert.deepEqual(
    kafka.written(checked).map(({ key, value }) => [key, value.country]),
    [['k', 'NO']],
  )
  // Once, however often it is repeated; a fix may leave a letter where it is.
  await kafka.replay(letter!, { fix: inNorway })
  assert.equal(kafka.written(checked).length, 1)
})

test('2.6 what is refused again is the same letter, at its next attempt', async () => {
  const kafka = drive(checking)
  await kafka.send(topics.playsClean, play({ country: null }))
  const [letter] = kafka.written(topics.deadLetters).map(({ value }) => value)
  await kafka.replay(letter!, { fix: () => null })
  await kafka.replay(letter!)
  assert.deepEqual(
    kafka.written(topics.deadLetters).map(({ value: { id, attempt } }) => [id, attempt]),
    [
      [letter!.id, 0],
      [letter!.id, 1],
    ],
  )
})

/* A bug is no one's data: no dead letter would help, and whoever started the process has to see it. */
test('2.7 an exception is a bug, never a dead letter: it ends the run', async () => {
  const buggy = topology('buggy', ({ read }) =>
    read(topics.playsClean).pipe(
      step((): Outcome<CleanPlay> => {
        throw new Error('division by zero')
      }),
      write(checked),
    ),
  )
  const kafka = drive(buggy)
  await assert.rejects(kafka.send(topics.playsClean, play()), /division by zero/)
  assert.deepEqual(kafka.written(topics.deadLetters), [])
})
