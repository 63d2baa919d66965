import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConfigError, loadKeys, type KeyName } from '../config.ts'

/** The secrets that the roles need. */
const firstKeyNames = ['PSEUDONYM_KEY', 'DEAD_LETTER_KEY', 'TOKEN_KEY'] as const satisfies KeyName[]
export const keyNames = [...firstKeyNames, 'PUSH_KEY', 'VAPID_KEY'] as const satisfies KeyName[]

export type Keys = Record<KeyName, string>

/** Refuses an environment in which keys are missing or malformed; a key ring is in the place of PSEUDONYM_KEY. @throws ConfigError naming each. */
export function requireKeys(env: NodeJS.ProcessEnv): void {
  const { PSEUDONYM_KEYS = '' } = env
  loadKeys(PSEUDONYM_KEYS === '' ? keyNames : keyNames.filter((name) => name !== 'PSEUDONYM_KEY'), env)
}

/** Where the development keys of a data folder are kept. */
export function keyFile(dataDir: string): string {
  return join(dataDir, 'dev-keys.json')
}

/**
 * The development keys of a data folder: made the first time and kept, since what was pseudonymised or encrypted with them
 * is readable with them only. Those that an older release did not need are added. The file is its owner's alone.
 */
export function developmentKeys(file: string, progress: (line: string) => void): Keys {
  const saved = existsSync(file) ? savedKeys(file) : {}
  if (keyNames.every((name) => saved[name] !== undefined)) return saved as Keys
  const made = Object.fromEntries(keyNames.map((name) => [name, randomBytes(32).toString('base64')])) as Keys
  const keys = { ...made, ...saved }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(keys, null, 2), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  progress(`Made development keys for pseudonyms, dead letters, tokens and pushes, kept in ${file}`)
  return keys
}

/** The development keys that were made earlier, in base64. @throws ConfigError if the file is missing or damaged. */
export function savedKeys(file: string): Partial<Keys> {
  try {
    const keys = JSON.parse(readFileSync(file, 'utf8')) as Partial<Keys>
    loadKeys(firstKeyNames, keys)
    return keys
  } catch (error) {
    throw new ConfigError(
      `the development keys in ${file} cannot be used (${(error as Error).message}): restore the file, or remove the whole data folder to begin anew`,
      { cause: error },
    )
  }
}
