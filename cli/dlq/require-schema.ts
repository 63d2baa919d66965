import type { Logger } from 'pino'
import { connectRegistry } from '../../schemas/registry.ts'
import type { Config } from '../config.ts'
import { DeadLetterError } from './errors.ts'

/** @throws DeadLetterError for a schema by whose id nobody could read anything */
export async function requireSchema(
  { SCHEMA_REGISTRY_URL }: Pick<Config, 'SCHEMA_REGISTRY_URL'>,
  id: number,
  log: Logger,
): Promise<void> {
  if ((await connectRegistry(SCHEMA_REGISTRY_URL, log).schemaById(id)) !== undefined) return
  throw new DeadLetterError(
    `the registry has no schema ${id}, or one that is not Avro: \`curl $SCHEMA_REGISTRY_URL/schemas/ids/${id}\` shows what it has`,
  )
}
