import { registryInMemory } from '../../pipelines/engine/testing/registry-in-memory.ts'
import { Codec } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'

/** A codec that knows these topics; the schema of the first has id 1. */
export async function codecFor(...registered: Topic<unknown>[]): Promise<Codec> {
  const codec = new Codec(registryInMemory())
  for (const each of registered) await codec.register(each)
  return codec
}
