import type { SchemaRegistry } from '../../../schemas/registry.ts'

/** A schema registry for tests: ids by content, as a real one gives them, starting at 1. */
export function registryInMemory(): SchemaRegistry {
  const texts: string[] = []
  return {
    register(_subject, text) {
      const known = texts.indexOf(text)
      return Promise.resolve(known >= 0 ? known + 1 : texts.push(text))
    },
    schemaById: (id) => Promise.resolve(texts[id - 1]),
  }
}
