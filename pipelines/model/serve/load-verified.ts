import { hash } from 'node:crypto'
import type { ModelStore } from '../artifact/model-store.ts'
import { ModelError } from '../errors.ts'
import { Model } from './model.ts'

/** Loads a model whose bytes are those that were trained. @throws ModelError for others, and for what {@link Model.load} refuses */
export async function loadVerified(
  store: ModelStore,
  { version, sha256 }: { version: string; sha256: string },
): Promise<Model> {
  const bytes = await store.read(version)
  if (hash('sha256', bytes) !== sha256)
    throw new ModelError(
      `model ${version} is not what was trained: its file has been damaged or exchanged; restore it, or train another`,
    )
  return Model.load(bytes, version)
}
