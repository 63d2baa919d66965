import { setTimeout as delay } from 'node:timers/promises'
import { COMPATIBILITY, SchemaRegistry as Confluent, SchemaType } from '@kafkajs/confluent-schema-registry'
import type avro from 'avsc'
import type { Logger } from 'pino'

/** What the codec needs of a schema registry. */
export interface SchemaRegistry {
  /** Registers a schema (idempotent); its id. @throws if it is incompatible with the subject's versions. */
  register(subject: string, text: string): Promise<number>
  /** The schema with this id as JSON text, or undefined if the registry does not know it. */
  schemaById(id: number): Promise<string | undefined>
}

/** A registry refused or cannot be used; retrying does not help. */
export class SchemaRegistryError extends Error {
  override readonly name = 'SchemaRegistryError'
}

interface HttpError {
  status?: number
  message?: string
}

/**
 * A Confluent-compatible registry at `url`. While it cannot be reached calls wait and retry, saying so in the log:
 * a registry that is away is back-pressure, not a failure of the record.
 */
export function connectRegistry(url: string, log: Logger): SchemaRegistry {
  const { origin, username, password, pathname } = new URL(url)
  const host = origin + pathname.replace(/\/$/, '')
  const client = new Confluent({
    host,
    retry: { retries: 0 },
    ...(username !== '' && {
      auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
    }),
  })

  async function whenReachable<T>(call: () => Promise<T>): Promise<T> {
    for (let wait = 100; ; wait = Math.min(wait * 2, 5_000)) {
      try {
        return await call()
      } catch (error) {
        const { status, message } = error as HttpError
        if (status !== undefined && status >= 400 && status < 500) throw error
        log.warn({ registry: host, reason: message, retryInMs: wait }, 'schema registry does not answer')
        await delay(wait)
      }
    }
  }

  return {
    async register(subject, text) {
      try {
        const schema = { type: SchemaType.AVRO, schema: text } as const
        const compatibility = COMPATIBILITY.FULL_TRANSITIVE
        return (await whenReachable(() => client.register(schema, { subject, compatibility }))).id
      } catch (error) {
        throw new SchemaRegistryError(
          `The registry refuses the schema of subject ${subject}: ${(error as HttpError).message ?? 'no reason given'}. ` +
            'Give new fields a default, and never change the type of an old one.',
          { cause: error },
        )
      }
    },

    async schemaById(id) {
      try {
        const schema = await whenReachable(() => client.getSchema(id))
        return JSON.stringify((schema as unknown as avro.Type).schema())
      } catch (error) {
        if ((error as HttpError).status === 404) return undefined
        throw error
      }
    },
  }
}
