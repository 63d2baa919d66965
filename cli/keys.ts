import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { ConfigError, listed, loadKeys, type KeyName } from './config.ts'
import { keyFile, savedKeys } from './supervisor/dev-keys.ts'

/** Where `continuo start` keeps its data unless told otherwise: `.continuo` beside `cli/`. */
export const defaultDataDir = fileURLToPath(new URL('../.continuo', import.meta.url))

/** What a verb that needs keys was told about them. */
export interface KeyFlags {
  /** Whether keys that the environment does not name come from the development stack. */
  dev: boolean
  /** The folder of the development stack. */
  dataDir: string
}

/** Adds the options of `KeyFlags` to a verb. `also` is what `--dev` does there besides. */
export function withKeyFlags(command: Command, also?: string): Command {
  const keys = 'take keys that are not set from the development stack'
  return command
    .option('--dev', also === undefined ? keys : `${also}; ${keys}`, false)
    .option('--data-dir <folder>', 'where the development stack keeps its keys', defaultDataDir)
}

/**
 * The keys of these names, 32 bytes each. What the environment sets wins over the development keys.
 * @throws ConfigError naming all keys that are missing or malformed, and where the development keys are, if there are any.
 */
export function readKeys<Name extends KeyName>(
  names: readonly Name[],
  { dev, dataDir }: KeyFlags,
  env: NodeJS.ProcessEnv = process.env,
): Record<Name, Buffer> {
  const missing = names.filter((name) => env[name] === undefined)
  if (missing.length === 0) return loadKeys(names, env)
  const file = keyFile(resolve(dataDir))
  const saved = existsSync(file)
  if (!dev) {
    return loadKeys(names, env, saved ? `The development stack's keys are in ${file}: add --dev` : undefined)
  }
  if (!saved) {
    throw new ConfigError(
      `${listed(missing)} ${missing.length > 1 ? 'are' : 'is'} not set, and there are no development keys in ${file}: \`npm start\` makes them; if they are elsewhere, name the folder with --data-dir`,
    )
  }
  return loadKeys(names, { ...savedKeys(file), ...env })
}
