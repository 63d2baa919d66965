import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Schema } from 'avsc'
import fc from 'fast-check'
import { keyBy, topology, write } from '../../pipelines/engine/index.ts'
import { topicState } from '../../pipelines/engine/store-codec.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { plain } from '../../pipelines/engine/testing/plain.ts'
import { DecodeError } from '../../schemas/codec.ts'
import { avroSchema } from '../../schemas/event-schema.ts'
import { playV2, playV3 } from '../../schemas/events.ts'
import { type Topic, pick, topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { play } from '../kit/builders.ts'
import { codecFor } from './codec-for.ts'
import { valuesOf } from './event-values.ts'

const namesOf = ({ value }: Topic<unknown>) =>
  (JSON.parse(value.text) as { fields: { name: string }[] }).fields.map(({ name }) => name)

for (const whole of Object.values<Topic<unknown>>(topics))
  test(`of ${whole.name} some fields are read, and they are what they are among all`, async () => {
    const codec = await codecFor(whole)
    fc.assert(
      fc.property(valuesOf(whole), fc.subarray(namesOf(whole)), (value, names) => {
        const picked = pick(whole as Topic<Record<string, unknown>>, names)
        const all = Object.entries(value as object)
        assert.deepEqual(
          plain(codec.decode(picked, codec.encode(whole, value))),
          Object.fromEntries(all.filter(([name]) => names.includes(name))),
        )
      }),
    )
  })

test('a value that is cut off is refused, whichever of its fields are read', async () => {
  const codec = await codecFor(topics.playsClean)
  const bytes = codec.encode(topics.playsClean, play())
  const first = pick(topics.playsClean, ['eventId'])
  for (let length = 5; length < bytes.length; length++)
    assert.throws(
      () => codec.decode(first, bytes.subarray(0, length)),
      (error) => error instanceof DecodeError && error.reason === 'malformed_avro',
    )
})

test('a field is picked from what was picked, and from nothing else', async () => {
  const codec = await codecFor(topics.playsClean)
  const few = pick(topics.playsClean, ['eventId', 'msPlayed'])
  const fewer = pick(few, ['msPlayed'])
  const bytes = codec.encode(topics.playsClean, play({ msPlayed: 7 }))
  assert.deepEqual({ ...codec.decode(fewer, bytes) }, { msPlayed: 7 })
  assert.throws(() => pick(few, ['artistId' as 'eventId']), /clean-play\.v2 has no field artistId/)
})

test('registering what was picked registers the whole, so that the whole can be written', async () => {
  const codec = await codecFor(pick(topics.playsClean, ['eventId']))
  assert.equal(
    codec.decode(topics.playsClean, codec.encode(topics.playsClean, play())).trackId,
    play().trackId,
  )
})

const few = pick(topics.playsClean, ['eventId'])

test('what was picked is for reading: a topology that writes to it is refused', () => {
  for (const definition of [
    topology('writes', ({ read }) => read(few).pipe(write(few))),
    topology('goes-through', ({ read }) =>
      read(topics.duplicatePlays).pipe(
        keyBy(({ eventId }) => eventId, { through: few as typeof topics.playsClean }),
        write(topics.playsByArtist),
      ),
    ),
  ])
    assert.throws(() => drive(definition), /cannot write to plays-clean by pick\(\)/)
})

test('a topic is read by one choice of fields: two are refused', () => {
  const twice = topology('twice', ({ read }) => {
    read(few)
    return read(topics.playsClean).pipe(write(topics.playsByArtist))
  })
  assert.throws(() => drive(twice), /plays-clean is read in two ways: .* all fields that are needed/)
})

test('state of some fields is read over the renaming of one', () => {
  const [before, now] = [topic('plays', playV2, 'user'), topic('plays', playV3, 'user')]
  const session = '0b6d3f0e-3a8e-4b44-9c77-0d5a1f6a2c11'
  const bytes = topicState(pick(before, ['eventId', 'session'])).encode({ eventId: 'e', session })
  const state = topicState(pick(now, ['eventId', 'sessionId'])).decode(bytes)
  assert.deepEqual({ ...state }, { eventId: 'e', sessionId: session })
})

test('a name that another field has is no alias, though that field is not picked', async () => {
  const of = (id: string, ...fields: object[]) =>
    topic(
      'made',
      avroSchema<Record<string, number>>(id, { type: 'record', name: 'Made', fields } as Schema),
      'any',
    )
  const a = { name: 'a', type: 'int' }
  const writer = of('made.v1', a)
  const reader = of('made.v2', a, { name: 'b', type: 'int', aliases: ['a'], default: 0 })
  const codec = await codecFor(writer)
  assert.deepEqual({ ...codec.decode(pick(reader, ['b']), codec.encode(writer, { a: 5 })) }, { b: 0 })
})
