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
  /** The schema of which this has some fields only, to be read and not to be written; `text` and `id` are of that one. */
  readonly partOf?: EventSchema<unknown>
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

/** Some fields of a record's schema: the others are passed over when a value is read, and no text or object is made of them. */
export function schemaOfFields<V, F extends keyof V & string>(
  schema: EventSchema<V>,
  names: readonly F[],
): EventSchema<Pick<V, F>> {
  const whole = schema.type
  const fields = fieldsOf(whole)
  const missing = names.find((name) => !fields.some((field) => field.name === name))
  if (missing !== undefined) throw new RangeError(`${schema.id} has no field ${missing}`)
  const picked = fields.filter(({ name }) => names.includes(name as F))
  const type = avro.Type.forSchema({
    type: 'record',
    name: whole.name!,
    fields: picked.map(({ name, type: ofField }) => ({ name, type: ofField })),
  })
  return { id: schema.id, text: schema.text, type, longs: longsOf(type), partOf: schema.partOf ?? schema }
}

function fromText<V>(id: string, text: string): EventSchema<V> {
  const type = avro.Type.forSchema(JSON.parse(text) as avro.Schema)
  return { id, text, type, longs: longsOf(type) }
}

const fieldsOf = (type: avro.Type) => (type instanceof avro.types.RecordType ? type.fields : [])

const longsOf = (type: avro.Type) =>
  fieldsOf(type).flatMap((field) => (field.type.typeName === 'long' ? [field.name] : []))
