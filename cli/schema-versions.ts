import type avro from 'avsc'
import { parseSchema } from '../schemas/avro/parse.ts'
import type { SchemaVersion } from '../schemas/compatibility.ts'

/**
 * The latest version of each of these subjects of a Confluent-compatible registry, counted from 1; none where there is
 * no such subject, or the registry does not tell. For reports only: nothing is decided by it.
 * @param url of the registry, with user and password if it asks for them
 */
export async function schemaVersions(url: string, subjects: readonly string[]): Promise<Map<string, number>> {
  const found = await Promise.all(
    subjects.map(async (subject): Promise<[string, number][]> => {
      const versions = await versionsAt(url, subject).catch(() => undefined)
      return Array.isArray(versions) ? [[subject, Math.max(...(versions as number[]))]] : []
    }),
  )
  return new Map(found.flat())
}

/**
 * All that is registered under a subject, the first one first; none where there is no such subject.
 * @throws if the registry does not tell
 */
export async function registeredVersions(url: string, subject: string): Promise<SchemaVersion[]> {
  const versions = await versionsAt(url, subject)
  if (!Array.isArray(versions)) return []
  return Promise.all(
    (versions as number[])
      .toSorted((a, b) => a - b)
      .map(async (version) => {
        const { schema } = (await versionsAt(url, subject, `/${version}`)) as { schema: string }
        return { id: `version ${version}`, type: parseSchema(JSON.parse(schema) as avro.Schema) }
      }),
  )
}

async function versionsAt(url: string, subject: string, which = ''): Promise<unknown> {
  const { origin, pathname, username, password } = new URL(url)
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers: Record<string, string> =
    username === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }
  const path = `${pathname.replace(/\/$/, '')}/subjects/${encodeURIComponent(subject)}/versions${which}`
  const response = await fetch(origin + path, { headers, signal: AbortSignal.timeout(10_000) })
  return response.json()
}
