import type { Logger } from 'pino'
import { Codec } from '../schemas/codec.ts'
import { connectRegistry } from '../schemas/registry.ts'
import { topics } from '../schemas/topics.ts'
import type { Config } from './config.ts'

/** A codec that can write every topic. Registering again what is registered changes nothing. */
export async function openCodec(config: Config, log: Logger): Promise<Codec> {
  const codec = new Codec(connectRegistry(config.SCHEMA_REGISTRY_URL, log), config.TOPIC_PREFIX)
  await Promise.all(Object.values(topics).map((topic) => codec.register(topic)))
  return codec
}
