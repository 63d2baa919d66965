import type { Logger } from 'pino'
import { Codec } from '../schemas/codec.ts'
import { connectRegistry } from '../schemas/registry.ts'
import type { Topic } from '../schemas/topic.ts'
import { topics } from '../schemas/topics.ts'
import type { Config } from './config.ts'

/** A codec that can write every topic, and these others. Registering again what is registered changes nothing. */
export async function openCodec(
  config: Config,
  log: Logger,
  others: Iterable<Topic<unknown>> = [],
): Promise<Codec> {
  const codec = new Codec(connectRegistry(config.SCHEMA_REGISTRY_URL, log), config.TOPIC_PREFIX)
  const all = new Map([...Object.values(topics), ...others].map((topic) => [topic.name, topic]))
  await Promise.all([...all.values()].map((topic) => codec.register(topic)))
  return codec
}
