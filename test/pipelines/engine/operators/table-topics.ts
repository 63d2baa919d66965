import type avro from 'avsc'
import fc from 'fast-check'
import { map } from 'rxjs'
import type { Row } from '../../../../pipelines/engine/index.ts'
import { withValue } from '../../../../pipelines/engine/row.ts'
import type { TopologyDriver } from '../../../../pipelines/engine/testing/drive.ts'
import { avroSchema } from '../../../../schemas/event-schema.ts'
import type { Topic } from '../../../../schemas/topic.ts'

/** A value of a table's tests: some text, and when it is said to have happened. */
export interface Note {
  text: string
  at: number
}

const schema: avro.Schema = {
  type: 'record',
  name: 'Note',
  fields: [
    { name: 'text', type: 'string' },
    { name: 'at', type: 'long' },
  ],
}

export const noteV1 = avroSchema<Note>('note.v1', schema)

const topic = <By extends string>(name: string, partitioning: By): Topic<Note, By> => ({
  name,
  value: noteV1,
  partitioning,
  config: { 'cleanup.policy': 'compact' },
})

export const tableTopics = {
  asks: topic('asks', 'user'),
  lefts: topic('lefts', 'user'),
  rights: topic('rights', 'user'),
  results: topic('results', 'user'),
  joined: topic('joined', 'user'),
  /** Spread by something else than all the others. */
  countries: topic('countries', 'country'),
} as const

/** Event time as the tests' topics carry it. */
export const noted = { time: ({ at }: Note) => at }

/** Puts the time of rows into their values, where a test can see it. */
export const seenAt = <By extends string>() =>
  map((row: Row<string | null, By>) =>
    withValue(row, row.value === null ? null : { text: row.value, at: row.time }),
  )

/** What happens to a topology: a value or a tombstone is sent, or the process is killed. */
export type Event<Name extends string> =
  | { kind: 'send'; to: Name; key: string; partition: number; text: string | null; at: number }
  | { kind: 'crash' }

export const PARTITIONS = 3

/** Few of many are many of one: without it, rows would seldom meet. */
const mostly = <T>(one: T, others: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(one) }, { weight: 1, arbitrary: others })

/** Events in any order: few keys, so that they meet; tombstones; times that go back and forth; now and then a crash. */
export function eventsFor<Name extends string>(
  names: readonly Name[],
  { tombstones = names }: { tombstones?: readonly Name[] } = {},
) {
  const send = fc
    .record({
      to: fc.constantFrom(...names),
      key: mostly('a', fc.constantFrom('', 'b', 'a/0')),
      partition: mostly(0, fc.nat(PARTITIONS - 1)),
      text: fc.option(fc.constantFrom('x', 'y', 'z'), { freq: 2 }),
      at: fc.integer({ min: -9, max: 9 }),
    })
    .map((sent): Event<Name> => {
      const text = sent.text === null && !tombstones.includes(sent.to) ? 'x' : sent.text
      return { kind: 'send', ...sent, text }
    })
  const crash = fc.constant<Event<Name>>({ kind: 'crash' })
  return fc.array(fc.oneof({ weight: 9, arbitrary: send }, { weight: 1, arbitrary: crash }), {
    maxLength: 25,
    size: 'large',
  })
}

/** A record's time in Kafka: a tombstone has no other. */
const NOW = 0

/** Has the events happen. */
export async function happen<Name extends string>(
  kafka: TopologyDriver,
  topics: Readonly<Record<Name, Topic<Note>>>,
  events: readonly Event<Name>[],
): Promise<void> {
  for (const event of events) {
    if (event.kind === 'crash') {
      kafka.crash()
      continue
    }
    const { to, key, partition, text, at } = event
    const value = text === null ? null : { text, at }
    await kafka.send(topics[to], value, { key, partition, timestamp: text === null ? at : NOW })
  }
}

/** What a topic holds, in order, as {@link line} says it. */
export const written = (kafka: TopologyDriver, from: Topic<Note>): string[] =>
  kafka.changes(from).map(({ key, value }) => line(key, value))

export const line = (key: string, note: Note | null) =>
  note === null ? `${key} deleted` : `${key} = ${note.text} at ${note.at}`

/** The events that send something, with the place in which a task keeps each key: tables are kept by partition. */
export const sendings = <Name extends string>(events: readonly Event<Name>[]) =>
  events.flatMap((event) =>
    event.kind === 'crash' ? [] : [{ ...event, place: `${event.partition}:${event.key}` }],
  )
