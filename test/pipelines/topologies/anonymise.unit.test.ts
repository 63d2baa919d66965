import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openDeadLetter } from '../../../pipelines/engine/dead-letters.ts'
import { hours } from '../../../pipelines/engine/index.ts'
import { Task } from '../../../pipelines/engine/task.ts'
import { drive, driverDeadLetterKey } from '../../../pipelines/engine/testing/drive.ts'
import { registryInMemory } from '../../../pipelines/engine/testing/registry-in-memory.ts'
import { anonymise } from '../../../pipelines/topologies/anonymise.ts'
import { Codec } from '../../../schemas/codec.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { cleanTopics, topics } from '../../../schemas/topics.ts'
import { at, rawPlay, rawPreference, rawReaction } from '../../kit/builders.ts'

const names = pseudonyms([Buffer.alloc(32, 5)])
const door = anonymise({ pseudonyms: names, rememberMs: hours(48) })
const { plays, playsClean, deadLetters } = topics

/** What goes through the door in one stream. */
interface Stream {
  raw: Topic<unknown>
  clean: Topic<{ eventId: string; listener: string }>
  duplicates: Topic<unknown>
  /** Where its event ids are remembered. */
  store: string
  /** An event that is as it should be. */
  event(given?: { eventId?: string; userId?: string }): object
  /** What spoils an event, by the reason that is given for it. */
  spoilt: Record<string, object>
}

const streams: Stream[] = [
  {
    raw: topics.plays,
    clean: topics.playsClean,
    duplicates: topics.duplicatePlays,
    store: 'deduplicate-1',
    event: rawPlay,
    spoilt: { played_at_in_future: { playedAt: Date.UTC(2099, 0, 1) }, invalid_text: { trackName: '' } },
  },
  {
    raw: topics.reactions,
    clean: topics.reactionsClean,
    duplicates: topics.duplicateReactions,
    store: 'deduplicate-reactions',
    event: rawReaction,
    spoilt: { unknown_reaction: { kind: 'love' }, reacted_at_in_future: { reactedAt: Date.UTC(2099, 0, 1) } },
  },
  {
    raw: topics.preferences,
    clean: topics.preferencesClean,
    duplicates: topics.duplicatePreferences,
    store: 'deduplicate-preferences',
    event: rawPreference,
    spoilt: { unknown_preference: { name: 'email' }, invalid_preference_value: { value: 'Norway' } },
  },
]

for (const { raw, clean, duplicates, store, event, spoilt } of streams)
  describe(`what comes in ${raw.name}`, () => {
    test('is keyed by pseudonym and stays on the partition of its user', async () => {
      const kafka = drive(door, { partitions: 3 })
      for (const partition of [2, 0, 1])
        await kafka.send(raw, event({ userId: `user ${partition}` }), { partition, key: `user ${partition}` })
      const wanted = [2, 0, 1].map((partition) => [names.listener(`user ${partition}`), partition])
      const found = kafka.written(clean)
      assert.deepEqual(
        found.map(({ key, partition }) => [key, partition]),
        wanted,
      )
      assert.deepEqual(
        found.map(({ value, partition }) => [value.listener, partition]),
        wanted,
      )
    })

    test('is clean once, though sent twice, in either spelling of its id, after a crash too', async () => {
      const kafka = drive(door, { partitions: 2 })
      const eventId = 'abcdefab-0000-0000-0000-000000000001'
      const at = { partition: 1 }
      await kafka.send(raw, event({ eventId }), at)
      await kafka.send(raw, event({ eventId: eventId.toUpperCase() }), at)
      kafka.crash()
      await kafka.send(raw, event({ eventId }), at)
      assert.deepEqual(
        kafka.written(clean).map(({ value, partition }) => [value.eventId, partition]),
        [[eventId, 1]],
      )
      assert.deepEqual(
        kafka.written(duplicates).map(({ partition }) => partition),
        [1, 1],
      )
      assert.deepEqual([...kafka.state(store, 1).keys()], [eventId])
      assert.deepEqual(kafka.written(deadLetters), [])
    })

    test('is set aside where it is not known to be safe, and what is around it goes through', async () => {
      const kafka = drive(door)
      await kafka.send(raw, event())
      for (const given of Object.values(spoilt)) await kafka.send(raw, { ...event(), ...given })
      await kafka.sendBytes(raw, Buffer.from('ada@example.org'))
      await kafka.send(raw, event())
      assert.deepEqual(
        kafka.written(deadLetters).map(({ value: { kind, reason, topic } }) => [kind, reason, topic]),
        [
          ...Object.keys(spoilt).map((reason) => ['validate', reason, raw.name]),
          ['decode', 'not_wire_format', raw.name],
        ],
      )
      assert.equal(kafka.written(clean).length, 2)
    })

    test('names nobody behind the door, be it clean, there again or set aside', async () => {
      const kafka = drive(door)
      const userId = 'ada.lovelace@example.org'
      const again = event({ userId })
      const sent = [
        again,
        again,
        ...Object.values(spoilt).map((given) => ({ ...event({ userId }), ...given })),
      ]
      for (const each of sent)
        await kafka.send(raw, { ...each, source: userId }, { key: userId, headers: { source: userId } })
      const behind = Object.values<Topic<unknown>>(topics).filter(({ name }) => !cleanTopics.has(name))
      const rows = behind.flatMap((topic) => kafka.written(topic))
      assert.equal(rows.length, sent.length)
      for (const row of rows) assert.ok(!textOf(row).includes(userId), textOf(row))
    })
  })

/** Bytes as the text that they may hold. */
const textOf = (row: object) =>
  JSON.stringify(row, (_, value: unknown) =>
    isBytes(value) ? Buffer.from(value.data).toString('latin1') : value,
  )

const isBytes = (value: unknown): value is { data: number[] } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'

test('one event id in two streams is two events', async () => {
  const kafka = drive(door)
  const eventId = 'abcdefab-0000-0000-0000-000000000001'
  for (const { raw, event } of streams) await kafka.send(raw, event({ eventId }))
  for (const { clean, duplicates } of streams)
    assert.deepEqual([kafka.written(clean).length, kafka.written(duplicates).length], [1, 0])
})

test('a setting is written in its canonical form', async () => {
  const kafka = drive(door)
  await kafka.send(topics.preferences, rawPreference({ name: 'time-zone', value: 'europe/oslo' }))
  assert.equal(kafka.written(topics.preferencesClean)[0]?.value.value, 'Europe/Oslo')
})

test('no stream waits for another: each is read by itself', () => {
  const task = new Task({
    topology: door,
    partition: 0,
    codec: new Codec(registryInMemory()),
    deadLetterKey: driverDeadLetterKey,
  })
  assert.deepEqual(
    task.inputGroups,
    streams.map(({ raw }) => [raw]),
  )
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
