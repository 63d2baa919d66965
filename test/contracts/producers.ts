import avro from 'avsc'
import type { Play } from '../../schemas/events.ts'
import { playV1, playV2, playV3, preferenceV1 } from '../../schemas/events.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import type { Version } from './rows.ts'

/** The ids of the schemas that producers write, as the registry gave them. */
export type SchemaIds = Readonly<Record<Version | 'foreign', number>>

const schemas = { 1: playV1, 2: playV2, 3: playV3 }

/** Has the registry know what each version of a producer writes, and a schema of another subject. */
export async function registerSchemas(registry: SchemaRegistry, topicPrefix: string): Promise<SchemaIds> {
  const register = (topic: string, { text }: { text: string }) =>
    registry.register(`${topicPrefix}${topic}-value`, text)
  return {
    1: await register('plays', schemas[1]),
    2: await register('plays', schemas[2]),
    3: await register('plays', schemas[3]),
    foreign: await register('preferences', preferenceV1),
  }
}

const typeOf = ({ text }: { text: string }) => avro.Type.forSchema(JSON.parse(text) as avro.Schema)

const types = { 1: typeOf(playV1), 2: typeOf(playV2), 3: typeOf(playV3) }

/**
 * A play as the producer of a version writes it, by another Avro than the product's, without what comes before it. Those of the second
 * write ids in capitals.
 */
export function bodyOf(play: Play, version: Version): Buffer {
  const eventId = version === 2 ? play.eventId.toUpperCase() : play.eventId
  return types[version].toBuffer({ ...play, eventId, session: play.sessionId })
}

/** The Confluent wire format. */
export function framed(id: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.writeInt32BE(id, 1)
  return Buffer.concat([header, body])
}
