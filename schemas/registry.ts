import { setTimeout as delay } from 'node:timers/promises'
import { COMPATIBILITY, SchemaRegistry as Confluent, SchemaType } from '@kafkajs/confluent-schema-registry'
import type { Logger } from 'pino'
import {
  type AskRegistry,
  RegistryHttpError,
  UnusableSchemaError,
  noRegistry,
  registeredById,
  registeredText,
  registeredVersion,
  registryAt,
  versionsOf,
} from './registry-at.ts'

/** What the codec needs of a schema registry. */
export interface SchemaRegistry {
  /**
   * Registers a schema (idempotent), and before it those of other subjects whose names it uses; its id.
   * @throws if it is incompatible with the subject's versions
   */
  register(subject: string, text: string, references?: readonly RegisteredReference[]): Promise<number>
  /** The Avro schema with this id as JSON text, or undefined if the registry knows no such, or none that can be used. */
  schemaById(id: number): Promise<string | undefined>
}

/** A schema that is registered under a subject of its own, by the full name that others use of it. */
export interface RegisteredReference {
  name: string
  subject: string
  text: string
  references: readonly RegisteredReference[]
}

/** A registry refused or cannot be used; retrying does not help. */
export class SchemaRegistryError extends Error {
  override readonly name = 'SchemaRegistryError'
}

const TIMEOUT_MS = 10_000
const compatibility = COMPATIBILITY.FULL_TRANSITIVE
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
 * The package registers a subject's first schema, and then says how its versions are to fit: who is killed in between leaves a subject to which
 * anything fits.
 */
const isUnset = ({ name = '', message = '' }: HttpError) =>
  name.endsWith('CompatibilityError') && message.includes(`${compatibility} != ${COMPATIBILITY.NONE}`)

/** Calls again, and says so, for as long as nothing answers at `host`. */
function patience(host: string, log: Logger) {
  return async function whenReachable<T>(call: () => Promise<T>): Promise<T> {
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
}

/**
 * A Confluent-compatible registry at `url`. While it cannot be reached calls wait and retry, saying so in the log:
 * a registry that is away is back-pressure, not a failure of the record.
 */
export function connectRegistry(url: string, log: Logger): SchemaRegistry {
  const { origin, username, password, pathname } = new URL(url)
  const host = origin + pathname.replace(/\/$/, '')
  const ask = registryAt(url)
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

  const whenReachable = patience(host, log)

  async function register(
    subject: string,
    text: string,
    used: readonly RegisteredReference[] = [],
  ): Promise<number> {
    const references: { name: string; subject: string; version: number }[] = []
    for (const { name, subject: of, ...each } of used) {
      const id = await register(of, each.text, each.references)
      references.push({ name, subject: of, version: await versionOf(of, id, { ask, whenReachable }) })
    }
    const schema = {
      ...({ type: SchemaType.AVRO, schema: text } as const),
      ...(references.length > 0 && { references }),
    }
    async function send(again = false): Promise<number> {
      try {
        return await whenReachable(() => registeredId(client, schema, subject))
      } catch (error) {
        if (again || !isUnset(error as HttpError))
          throw refusal(`the schema of subject ${subject}`, error as HttpError)
        await whenReachable(() => ask(`/config/${encodeURIComponent(subject)}`, { compatibility }))
        return send(true)
      }
    }
    return send()
  }

  return {
    register,

    // The package's types know no logical types, so what it has read of a schema is not all that it says.
    async schemaById(id) {
      try {
        return await whenReachable(async () => registeredText(ask, await registeredById(ask, id)))
      } catch (error) {
        if ((error as HttpError).status === 404 || error instanceof UnusableSchemaError) return undefined
        throw error instanceof RegistryHttpError ? refusal(`schema ${id}`, error) : error
      }
    },
  }
}

/** What the wire format has room for. */
const isId = (id: unknown) => Number.isInteger(id) && (id as number) > 0 && (id as number) < 2 ** 31

async function registeredId(
  client: Confluent,
  schema: Parameters<Confluent['register']>[0],
  subject: string,
): Promise<number> {
  try {
    const { id } = await client.register(schema, { subject, compatibility })
    if (isId(id)) return id
  } catch (error) {
    // The package takes any answer for one of a registry.
    throw error instanceof TypeError ? noRegistry(error) : error
  }
  throw noRegistry()
}

interface Reach {
  ask: AskRegistry
  whenReachable: ReturnType<typeof patience>
}

/** The version that a schema, which is registered, has under its subject: others may have been deleted. */
async function versionOf(subject: string, id: number, { ask, whenReachable }: Reach): Promise<number> {
  for (const version of await whenReachable(() => versionsOf(ask, subject)))
    if ((await whenReachable(() => registeredVersion(ask, subject, version))).id === id) return version
  throw new SchemaRegistryError(`The registry has no version of subject ${subject} with the schema id ${id}.`)
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
