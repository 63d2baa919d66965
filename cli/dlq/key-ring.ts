import type { SealingKey } from '../../pipelines/engine/index.ts'
import type { Config } from '../config.ts'
import { keysById } from '../keys-by-id.ts'
import { type KeyFlags, readKeys } from '../keys.ts'

/** The key that letters are sealed with now, and those of before. */
export interface KeyRing {
  readonly current: SealingKey
  /** By which a letter was sealed that names this id. */
  of(id: string): SealingKey
}

/** @throws ConfigError without the key of now, or for one of before that is none */
export function readKeyRing(config: Config, flags: KeyFlags): KeyRing {
  const { DEAD_LETTER_KEY: bytes } = readKeys(['DEAD_LETTER_KEY'], flags)
  const current = { id: config.DEAD_LETTER_KEY_ID, bytes }
  const former = keysById('DEAD_LETTER_OLD_KEYS', config.DEAD_LETTER_OLD_KEYS)
  const all = new Map([...former, current].map((key) => [key.id, key]))
  return { current, of: (id) => all.get(id) ?? current }
}
