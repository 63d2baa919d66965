import type { SealingKey } from '../../pipelines/engine/index.ts'
import { type Config, ConfigError } from '../config.ts'
import { type KeyFlags, readKeys } from '../keys.ts'

/** The key that letters are sealed with now, and those of before. */
export interface KeyRing {
  readonly current: SealingKey
  /** By which a letter was sealed that names this id. */
  of(id: string): SealingKey
}

const KEY_BYTES = 32

/** @throws ConfigError without the key of now, or for one of before that is none */
export function readKeyRing(config: Config, flags: KeyFlags): KeyRing {
  const { DEAD_LETTER_KEY: bytes } = readKeys(['DEAD_LETTER_KEY'], flags)
  const current = { id: config.DEAD_LETTER_KEY_ID, bytes }
  const former = config.DEAD_LETTER_OLD_KEYS.split(',')
    .filter((text) => text.trim() !== '')
    .map(formerKey)
  const all = new Map([...former, current].map((key) => [key.id, key]))
  return { current, of: (id) => all.get(id) ?? current }
}

function formerKey(text: string): SealingKey {
  const [id = '', ...base64] = text.trim().split('=')
  const bytes = Buffer.from(base64.join('='), 'base64')
  if (id === '' || bytes.length !== KEY_BYTES)
    throw new ConfigError(
      'DEAD_LETTER_OLD_KEYS: expected ID=KEY[,ID=KEY…], each key 32 bytes in base64, as DEAD_LETTER_KEY_ID and DEAD_LETTER_KEY were',
    )
  return { id, bytes }
}
