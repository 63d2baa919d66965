import { setTimeout as delay } from 'node:timers/promises'
import { COMPATIBILITY, SchemaRegistry as Confluent, SchemaType } from '@kafkajs/confluent-schema-registry'
import type { Logger } from 'pino'
import {
  type Registered,
  RegistryHttpError,
  UnusableSchemaError,
  registeredText,
  registryReads,
} from './registry-reads.ts'

/** What the codec needs of a schema registry. */
export interface SchemaRegistry {
  /** Registers a schema (idempotent); its id. @throws if it is incompatible with the subject's versions. */
  register(subject: string, text: string): Promise<number>
  /** The Avro schema with this id as JSON text, or undefined if the registry knows no such, or none that can be used. */
  schemaById(id: number): Promise<string | undefined>
}

/** A registry refused or cannot be used; retrying does not help. */
export class SchemaRegistryError extends Error {
  override readonly name = 'SchemaRegistryError'
}

const TIMEOUT_MS = 10_000
/** What the package throws for an Avro schema that avsc refuses. */
const UNUSABLE = 'ConfluentSchemaRegistryArgumentError'
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

interface HttpError {
  name?: string
  status?: number
  message?: string
}

/**
 * Nothing came back, or a refusal that does not last. The package's HTTP client reports a connection that failed as an
 * answer 400 without a JSON body.
 */
function isAway(error: HttpError): boolean {
  if (error instanceof RegistryHttpError && error.status === undefined) return true
  const { status = 0, message = '' } = error
  return status >= 500 || status === 408 || status === 429 || message.includes('Error, status 400: ')
}

/**
 * A Confluent-compatible registry at `url`. While it cannot be reached calls wait and retry, saying so in the log:
 * a registry that is away is back-pressure, not a failure of the record.
 */
export function connectRegistry(url: string, log: Logger): SchemaRegistry {
  const { origin, username, password, pathname } = new URL(url)
  const host = origin + pathname.replace(/\/$/, '')
  const read = registryReads(url)
  const client = new Confluent({
    host,
    middlewares: [
      () => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: TIMEOUT_MS }) }),
    ],
    retry: { retries: 0 },
    ...(username !== '' && {
      auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
    }),
  })

  async function whenReachable<T>(call: () => Promise<T>): Promise<T> {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        return await call()
      } catch (error) {
        if (!isAway(error as HttpError)) throw error
        const { message } = error as HttpError
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
        throw refusal(`the schema of subject ${subject}`, error as HttpError)
      }
    },

    // The package's types know no logical types, so what it has read of a schema is not all that it says.
    async schemaById(id) {
      try {
        return await whenReachable(async () =>
          registeredText(read, (await read(`/schemas/ids/${id}`)) as Registered),
        )
      } catch (error) {
        if ((error as HttpError).status === 404 || error instanceof UnusableSchemaError) return undefined
        throw error instanceof RegistryHttpError ? refusal(`schema ${id}`, error) : error
      }
    },
  }
}

const refusal = (what: string, error: HttpError) =>
  new SchemaRegistryError(
    `The registry refuses ${what}: ${error.message ?? 'no reason given'}. ${remedyOf(error)}`,
    { cause: error },
  )

function remedyOf({ name, status }: HttpError): string {
  if (status === 409) return 'Give new fields a default, and never change the type of an old one.'
  if (status === 422 || name === UNUSABLE) return 'Mend the schema: it is none that Avro allows.'
  return "Check SCHEMA_REGISTRY_URL, and that the subject's compatibility is FULL_TRANSITIVE."
}
