import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'
import type { ReadOptions } from './avro/compile-reader.ts'
import { type Write, compileWriter } from './avro/compile-writer.ts'
import { parseSchema } from './avro/parse.ts'
import { writtenFields } from './avro/resolution.ts'

/** One frozen version of an event's shape: what is registered, written and read. `V` is its TypeScript type. */
export interface EventSchema<V> {
  /** File name without extension, e.g. `play.v1`. */
  readonly id: string
  /** The schema as registered: JSON text. */
  readonly text: string
  readonly type: avro.Type
  /** Tells readers apart: of the whole schema, defaults and aliases included. */
  readonly fingerprint: string
  readonly write: Write
  readonly options: EventSchemaOptions
  /** The schema of which this has some fields only, to be read and not to be written; `text` and `id` are of that one. */
  readonly partOf?: EventSchema<unknown>
  /** The versions before it, the first one first. */
  readonly earlier: readonly avro.Type[]
  /** Carries `V`; never set. */
  readonly _value?: V
}

export interface EventSchemaOptions extends ReadOptions {
  /** Schemas of other subjects whose names it uses. */
  references?: readonly SchemaReference[]
}

/** A schema that is registered by itself. */
export interface SchemaReference {
  subject: string
  schema: EventSchema<unknown>
}

/** Reads `schemas/events/<id>.avsc`. Logical types stay what they lie on: a timestamp is milliseconds since 1970, UTC. */
export function eventSchema<V>(id: string): EventSchema<V> {
  const [, name, version] = VERSIONED.exec(id)!
  const earlier = Array.from({ length: Number(version) - 1 }, (_, index) =>
    parseSchema(JSON.parse(textOf(`${name!}.v${index + 1}`)) as avro.Schema),
  )
  return fromText(id, textOf(id), {}, earlier)
}

const VERSIONED = /^(.+)\.v(\d+)$/

const textOf = (id: string) => readFileSync(join(import.meta.dirname, 'events', `${id}.avsc`), 'utf8')

/**
 * A shape given inline, for a topic that is not of this project: `avroSchema<Order>('order.v1', { type: 'record', … })`.
 * One id is one shape: what changes it changes the id. @throws what avsc throws for a schema that is none.
 */
export function avroSchema<V>(
  id: string,
  schema: avro.Schema,
  options: EventSchemaOptions = {},
): EventSchema<V> {
  return fromText(id, JSON.stringify(schema), options)
}

/** Some fields of a record's schema: the others are passed over when a value is read, and no text or object is made of them. */
export function schemaOfFields<V, F extends keyof V & string>(
  schema: EventSchema<V>,
  names: readonly F[],
): EventSchema<Pick<V, F>> {
  const whole = schema.type
  const missing = names.find((name) => !fieldsOf(whole).some((field) => field.name === name))
  if (missing !== undefined) throw new RangeError(`${schema.id} has no field ${missing}`)
  const picked = withFields(whole, names)
  const earlier = schema.earlier.map((type) => withFields(type, namesIn(type, picked)))
  return {
    ...schemaOf<Pick<V, F>>(schema.id, schema.text, picked, schema.options, earlier),
    partOf: schema.partOf ?? schema,
  }
}

const fieldsOf = (type: avro.Type) => (type instanceof avro.types.RecordType ? type.fields : [])

/** What the fields of a type are called in an earlier version of it, which may have called them otherwise. */
const namesIn = (earlier: avro.Type, type: avro.Type) =>
  earlier instanceof avro.types.RecordType && type instanceof avro.types.RecordType
    ? [...writtenFields(earlier, type).values()].map(({ name }) => name)
    : []

function withFields(whole: avro.Type, names: readonly string[]): avro.Type {
  const told = whole.schema({ exportAttrs: true }) as avro.schema.RecordType
  const all = new Set(told.fields.map(({ name }) => name))
  const fields = fieldsOf(whole).map(({ type, aliases }, index) => ({
    ...told.fields[index]!,
    type,
    // A name that another field has is not this one's, be that other picked or not.
    aliases: aliases.filter((alias) => !all.has(alias)),
  }))
  return parseSchema({ ...told, fields: fields.filter(({ name }) => names.includes(name)) })
}

function fromText<V>(
  id: string,
  text: string,
  options: EventSchemaOptions = {},
  earlier: readonly avro.Type[] = [],
): EventSchema<V> {
  const used = options.references?.map(({ schema }) => schema.type)
  return schemaOf(id, text, parseSchema(JSON.parse(text) as avro.Schema, used), options, earlier)
}

function schemaOf<V>(
  id: string,
  text: string,
  type: avro.Type,
  options: EventSchemaOptions,
  earlier: readonly avro.Type[],
): EventSchema<V> {
  const names = fieldsOf(type).map(({ name }) => name)
  const used = options.references?.map(({ schema }) => schema.fingerprint)
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([text, names, options.bigints, used]))
    .digest('base64url')
  return { id, text, type, fingerprint, write: compileWriter(type), options, earlier }
}
