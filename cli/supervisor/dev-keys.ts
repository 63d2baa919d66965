import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConfigError, loadKeys, type KeyName } from '../config.ts'

/** The secrets that the roles need. */
export const keyNames = ['PSEUDONYM_KEY', 'DEAD_LETTER_KEY', 'TOKEN_KEY'] as const satisfies KeyName[]

type Keys = Record<KeyName, string>

/** Refuses an environment in which keys are missing or malformed. @throws ConfigError naming each. */
export function requireKeys(env: NodeJS.ProcessEnv): void {
  loadKeys(keyNames, env)
}

/** Where the development keys of a data folder are kept. */
export function keyFile(dataDir: string): string {
  return join(dataDir, 'dev-keys.json')
}

/**
 * The development keys of a data folder: made the first time and kept, since what was pseudonymised or encrypted with them
 * is readable with them only. The file is its owner's alone.
 */
export function developmentKeys(file: string, progress: (line: string) => void): Keys {
  if (existsSync(file)) return savedKeys(file)
  const keys = Object.fromEntries(keyNames.map((name) => [name, randomBytes(32).toString('base64')])) as Keys
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(keys, null, 2), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  progress(`Made development keys for pseudonyms, dead letters and tokens, kept in ${file}`)
  return keys
}

/** The development keys that were made earlier, in base64. @throws ConfigError if the file is missing or damaged. */
export function savedKeys(file: string): Keys {
  try {
    const keys = JSON.parse(readFileSync(file, 'utf8')) as Keys
    requireKeys(keys)
    return keys
  } catch (error) {
    throw new ConfigError(
      `the development keys in ${file} cannot be used (${(error as Error).message}): restore the file, or remove the whole data folder to begin anew`,
      { cause: error },
    )
  }
}
