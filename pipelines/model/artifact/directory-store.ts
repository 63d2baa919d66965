import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../errors.ts'
import type { ModelStore } from './model-store.ts'

/** Artifacts as files of a folder, `VERSION.onnx`; one that several machines share serves them all. */
export function directoryStore(folder: string): ModelStore {
  const fileOf = (version: string) => join(folder, `${version}.onnx`)
  return {
    async write(version, bytes) {
      const file = fileOf(version)
      const part = `${file}.part-${process.pid}`
      try {
        await mkdir(folder, { recursive: true })
        await writeFile(part, bytes, { flush: true })
        await rename(part, file)
      } catch (cause) {
        throw new ModelError(`${file} cannot be written: ${(cause as Error).message}`, { cause })
      }
    },
    async read(version) {
      try {
        return await readFile(fileOf(version))
      } catch (cause) {
        throw new ModelError(
          `model ${version} cannot be read: ${(cause as Error).message}; set MODEL_STORE to where it was trained`,
          { cause },
        )
      }
    },
    async remove(version) {
      const file = fileOf(version)
      try {
        await rm(file, { force: true })
      } catch (cause) {
        throw new ModelError(`${file} cannot be removed: ${(cause as Error).message}`, { cause })
      }
    },
  }
}
