import type avro from 'avsc'
import { parseSchema } from './avro/parse.ts'
import { JsonForm } from './json-form.ts'

const TIMEOUT_MS = 10_000

/** A registry that does not answer, or not with what it was asked for. */
export class RegistryHttpError extends Error {
  override readonly name = 'RegistryHttpError'
  /** Of HTTP, 404 being a registry's own; undefined if nothing came back, or what is none of a registry's answers. */
  readonly status: number | undefined

  constructor(message: string, status?: number, cause?: unknown) {
    super(message, { cause })
    this.status = status
  }
}

/** What a registry has is no Avro schema, or none that can be used. */
export class UnusableSchemaError extends Error {
  override readonly name = 'UnusableSchemaError'
}

/** Asks for what is at a path, or puts something there. @throws RegistryHttpError */
export type AskRegistry = (path: string, put?: unknown) => Promise<unknown>

/** The header of a request by the user and the password of an address, if it has any (RFC 7617). */
export function loginOf(url: string): Record<string, string> {
  const { username, password } = new URL(url)
  if (username === '') return {}
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(user).toString('base64')}` }
}

/** Of a Confluent-compatible registry at `url`, which may have a path of its own, a user and a password. */
export function registryAt(url: string): AskRegistry {
  const { origin, pathname } = new URL(url)
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json', ...loginOf(url) }
  const host = origin + pathname.replace(/\/$/, '')

  return async function ask(path, put) {
    const request = put === undefined ? { headers } : { headers, method: 'PUT', body: JSON.stringify(put) }
    const { ok, status, text } = await answerAt(host + path, request)
    const body = jsonIn(text)
    // A proxy whose registry is gone says 404 as well: of a schema it knows nothing.
    if (status === 404 && !isNotFound(body)) throw new RegistryHttpError('404, and not of a schema registry')
    if (!ok) throw new RegistryHttpError(`${status} ${wordsOf(body)}`.trim(), status)
    if (body === undefined) throw noRegistry()
    return body
  }
}

async function answerAt(url: string, request: RequestInit) {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { ok: response.ok, status: response.status, text: await response.text() }
  } catch (error) {
    const { message, cause } = error as Error
    throw new RegistryHttpError((cause as Error | undefined)?.message ?? message, undefined, error)
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** What answers something else than it was asked for: a proxy, a page of maintenance, a registry that starts. */
export const noRegistry = (cause?: unknown) =>
  new RegistryHttpError('what answers is no schema registry', undefined, cause)

/** 40401 of a subject, 40402 of a version, 40403 of a schema. */
const isNotFound = (body: unknown) =>
  Math.floor(Number((body as { error_code?: unknown } | null | undefined)?.error_code) / 100) === 404

const wordsOf = (body: unknown) => (body as { message?: string } | null | undefined)?.message ?? ''

/** A schema as a registry has it. */
export interface Registered {
  /** Of a version of a subject. */
  id?: number | null
  /** Avro if it is not there. */
  schemaType?: string | null
  schema: string
  /** Schemas of other subjects, whose names it uses. */
  references?: readonly { subject: string; version: number }[] | null
}

const version = { type: 'integer', minimum: 1 }
const versions = new JsonForm<number[]>({ type: 'array', items: version })
const registered = new JsonForm<Registered>({
  type: 'object',
  required: ['schema'],
  properties: {
    id: { type: 'integer', nullable: true },
    schema: { type: 'string' },
    schemaType: { type: 'string', nullable: true },
    references: {
      type: 'array',
      nullable: true,
      items: {
        type: 'object',
        required: ['subject', 'version'],
        properties: { subject: { type: 'string' }, version },
      },
    },
  },
})

async function askFor<T>(ask: AskRegistry, path: string, form: JsonForm<T>): Promise<T> {
  const answer = await ask(path)
  if (!form.fits(answer)) throw noRegistry()
  return answer
}

const versionsPath = (subject: string) => `/subjects/${encodeURIComponent(subject)}/versions`

/** The versions that a subject has. @throws RegistryHttpError, 404 if there is no such subject */
export const versionsOf = (ask: AskRegistry, subject: string): Promise<number[]> =>
  askFor(ask, versionsPath(subject), versions)

/** @throws RegistryHttpError, 404 if there is no such version */
export const registeredVersion = (ask: AskRegistry, subject: string, version: number): Promise<Registered> =>
  askFor(ask, `${versionsPath(subject)}/${version}`, registered)

/** @throws RegistryHttpError, 404 if there is no such schema */
export const registeredById = (ask: AskRegistry, id: number): Promise<Registered> =>
  askFor(ask, `/schemas/ids/${id}`, registered)

/**
 * @param within the versions whose references have led to it
 * @throws UnusableSchemaError, RegistryHttpError
 */
export async function registeredType(
  ask: AskRegistry,
  registered: Registered,
  within: readonly string[] = [],
): Promise<avro.Type> {
  const schemaType = registered.schemaType ?? 'AVRO'
  if (schemaType !== 'AVRO') throw new UnusableSchemaError(`it is ${schemaType}, not AVRO`)
  const used = await Promise.all(
    (registered.references ?? []).map(async ({ subject, version }) => {
      const its = `version ${version} of subject ${subject}`
      if (within.includes(its)) throw new UnusableSchemaError(`${its} refers to itself`)
      return registeredType(ask, await registeredVersion(ask, subject, version), [...within, its])
    }),
  )
  try {
    return parseSchema(JSON.parse(registered.schema) as avro.Schema, used)
  } catch (cause) {
    throw new UnusableSchemaError((cause as Error).message, { cause })
  }
}

/** A schema as one text that holds all that it refers to, logical types included. @throws as {@link registeredType} */
export async function registeredText(ask: AskRegistry, registered: Registered): Promise<string> {
  const type = await registeredType(ask, registered)
  if ((registered.references ?? []).length === 0) return registered.schema
  return JSON.stringify(type.schema({ exportAttrs: true }))
}
