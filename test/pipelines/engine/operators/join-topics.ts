import type avro from 'avsc'
import { avroSchema } from '../../../../schemas/event-schema.ts'
import type { Topic } from '../../../../schemas/topic.ts'

/** What the tests of joins send: a number that tells rows apart, and an event time. */
export interface Numbered {
  id: number
  time: number
}

/** Two rows that belong together, by their ids, and the time of the two. */
export interface Together {
  left: number | null
  right: number | null
  time: number
}

export interface NotInTime {
  id: number
  side: 'left' | 'right'
  streamTime: number
  lateByMs: number
}

function topicOf<V, By extends string>(
  name: string,
  partitioning: By,
  fields: avro.schema.RecordType['fields'],
) {
  const schema: avro.Schema = { type: 'record', name: `T${name.replaceAll('-', '')}`, fields }
  const topic: Topic<V, By> = {
    name,
    value: avroSchema(`${name}.v1`, schema),
    partitioning,
    config: {},
  }
  return topic
}

const numbered = [
  { name: 'id', type: 'long' },
  { name: 'time', type: 'long' },
]

export const joinTopics = {
  plays: topicOf<Numbered, 'listener'>('numbered-plays', 'listener', numbered),
  reactions: topicOf<Numbered, 'listener'>('numbered-reactions', 'listener', numbered),
  /** Spread by another word. */
  charts: topicOf<Numbered, 'country'>('numbered-charts', 'country', numbered),
  together: topicOf<Together, 'listener'>('together', 'listener', [
    { name: 'left', type: ['null', 'long'] },
    { name: 'right', type: ['null', 'long'] },
    { name: 'time', type: 'long' },
  ]),
  notInTime: topicOf<NotInTime, 'listener'>('not-in-time', 'listener', [
    { name: 'id', type: 'long' },
    { name: 'side', type: 'string' },
    { name: 'streamTime', type: 'long' },
    { name: 'lateByMs', type: 'long' },
  ]),
}
