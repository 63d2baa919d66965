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

/* A bug is no one's data: no dead letter would help, and whoever started the process has to see it. */
test('2.4 an exception is a bug, never a dead letter: it ends the run', async () => {
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
