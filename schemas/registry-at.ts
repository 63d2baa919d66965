import type avro from 'avsc'
import { parseSchema } from './avro/parse.ts'

const TIMEOUT_MS = 10_000

/** A registry that does not answer, or not with what it was asked for. */
export class RegistryHttpError extends Error {
  override readonly name = 'RegistryHttpError'
  /** Of HTTP; undefined if nothing came back. */
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
    // A proxy whose registry is gone says 404 as well, but not in JSON: of a schema it knows nothing.
    if (status === 404 && body === undefined) throw new RegistryHttpError('404, and not of a schema registry')
    if (!ok) throw new RegistryHttpError(`${status} ${wordsOf(body)}`.trim(), status)
    if (body === undefined) throw new RegistryHttpError('what answers is no schema registry', status)
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

const wordsOf = (body: unknown) => (body as { message?: string } | null | undefined)?.message ?? ''

/** A schema as a registry has it. */
export interface Registered {
  /** Avro if it is not there. */
  schemaType?: string
  schema: string
  /** Schemas of other subjects, whose names it uses. */
  references?: readonly { subject: string; version: number }[]
}

/** @throws UnusableSchemaError, RegistryHttpError */
export async function registeredType(ask: AskRegistry, registered: Registered): Promise<avro.Type> {
  const { schemaType = 'AVRO', schema, references = [] } = registered
  if (schemaType !== 'AVRO') throw new UnusableSchemaError(`it is ${schemaType}, not AVRO`)
  const used = await Promise.all(
    references.map(async ({ subject, version }) => {
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`
      return registeredType(ask, (await ask(path)) as Registered)
    }),
  )
  try {
    return parseSchema(JSON.parse(schema) as avro.Schema, used)
  } catch (cause) {
    throw new UnusableSchemaError((cause as Error).message, { cause })
  }
}

/** A schema as one text that holds all that it refers to, logical types included. @throws as {@link registeredType} */
export async function registeredText(ask: AskRegistry, registered: Registered): Promise<string> {
  const type = await registeredType(ask, registered)
  if (registered.references === undefined || registered.references.length === 0) return registered.schema
  return JSON.stringify(type.schema({ exportAttrs: true }))
}
