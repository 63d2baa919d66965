import { readFileSync } from 'node:fs'
import { type Config, ConfigError } from '../config.ts'
import { keysById } from '../keys-by-id.ts'
import { type KeyWrapper, localWrapper } from './key-wrapper.ts'

/** All wrapping keys that this process has, the newest last. @throws ConfigError */
export function wrappersOf({
  WRAPPING_KEYS: keys,
  WRAPPING_KEYS_FILE: file,
}: Pick<Config, 'WRAPPING_KEYS' | 'WRAPPING_KEYS_FILE'>): KeyWrapper[] {
  if (file === '') return keysById('WRAPPING_KEYS', keys).map(localWrapper)
  if (keys !== '')
    throw new ConfigError('WRAPPING_KEYS and WRAPPING_KEYS_FILE are both set: set the one or the other')
  return keysById('WRAPPING_KEYS_FILE', read(file)).map(localWrapper)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`WRAPPING_KEYS_FILE: cannot read ${file}`, { cause })
  }
}
