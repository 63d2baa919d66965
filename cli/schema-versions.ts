import type { SchemaVersion } from '../schemas/compatibility.ts'
import { SchemaRegistryError } from '../schemas/registry.ts'
import {
  RegistryHttpError,
  type AskRegistry,
  UnusableSchemaError,
  registeredType,
  registeredVersion,
  registryAt,
  versionsOf,
} from '../schemas/registry-at.ts'

/**
 * The latest version of each of these subjects of a Confluent-compatible registry, counted from 1; none where there is
 * no such subject, or the registry does not tell. For reports only: nothing is decided by it.
 * @param url of the registry, with user and password if it asks for them
 */
export async function schemaVersions(url: string, subjects: readonly string[]): Promise<Map<string, number>> {
  const read = registryAt(url)
  const found = await Promise.all(
    subjects.map(async (subject): Promise<[string, number][]> => {
      const versions = await versionsAt(read, subject).catch(() => [])
      return versions.length > 0 ? [[subject, Math.max(...versions)]] : []
    }),
  )
  return new Map(found.flat())
}

/**
 * All that is registered under a subject, the first one first; none where there is no such subject.
 * @throws SchemaRegistryError if the registry does not tell, or has what is not Avro
 */
export async function registeredVersions(url: string, subject: string): Promise<SchemaVersion[]> {
  const read = registryAt(url)
  try {
    const versions = await versionsAt(read, subject)
    return await Promise.all(
      versions
        .toSorted((a, b) => a - b)
        .map(async (version) => ({
          id: `version ${version}`,
          type: await registeredType(read, await registeredVersion(read, subject, version)),
        })),
    )
  } catch (error) {
    throw refusal(subject, error)
  }
}

async function versionsAt(read: AskRegistry, subject: string): Promise<number[]> {
  try {
    return await versionsOf(read, subject)
  } catch (error) {
    if (error instanceof RegistryHttpError && error.status === 404) return []
    throw error
  }
}

function refusal(subject: string, error: unknown): unknown {
  if (error instanceof UnusableSchemaError)
    return new SchemaRegistryError(
      `Subject ${subject} has a schema that cannot be used: ${error.message}. Remove it, or take another TOPIC_PREFIX.`,
      { cause: error },
    )
  if (error instanceof RegistryHttpError)
    return new SchemaRegistryError(
      `The registry does not tell what subject ${subject} has: ${error.message}. Check SCHEMA_REGISTRY_URL.`,
      { cause: error },
    )
  return error
}
