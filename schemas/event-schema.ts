import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'

/** One frozen version of an event's shape: what is registered, written and read. `V` is its TypeScript type. */
export interface EventSchema<V> {
  /** File name without extension, e.g. `play.v1`. */
  readonly id: string
  /** The schema as registered: JSON text. */
  readonly text: string
  readonly type: avro.Type
  /** Names of the fields that hold a long. */
  readonly longs: readonly string[]
  /** Carries `V`; never set. */
  readonly _value?: V
}

/** Reads `schemas/events/<id>.avsc`. Logical types stay numbers: a timestamp is milliseconds since 1970, UTC. */
export function eventSchema<V>(id: string): EventSchema<V> {
  return fromText(id, readFileSync(join(import.meta.dirname, 'events', `${id}.avsc`), 'utf8'))
}

/**
 * A shape given inline, for a topic that is not of this project: `avroSchema<Order>('order.v1', { type: 'record', … })`.
 * One id is one shape: what changes it changes the id. @throws what avsc throws for a schema that is none.
 */
export function avroSchema<V>(id: string, schema: avro.Schema): EventSchema<V> {
  return fromText(id, JSON.stringify(schema))
}

function fromText<V>(id: string, text: string): EventSchema<V> {
  const type = avro.Type.forSchema(JSON.parse(text) as avro.Schema)
  const fields = type instanceof avro.types.RecordType ? type.fields : []
  const longs = fields.filter((field) => field.type.typeName === 'long').map(({ name }) => name)
  return { id, text, type, longs }
}
